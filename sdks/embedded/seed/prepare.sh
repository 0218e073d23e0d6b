#!/bin/bash
# Runs inside the distribution's root, before its files are assigned to packages: makes what the distribution's
# maintainer scripts and `alternatives` would give (links, caches) into plain files that a package can own.
# Usage: prepare.sh  (no arguments; works on /)
set -Eeuo pipefail
shopt -s nullglob

readonly native=x86_64-linux-gnu chost=x86_64-pc-linux-gnu loader=ld-linux-x86-64.so.2
readonly arm_sysroot=/usr/aarch64-cros-linux-gnu x86_sysroot=/usr/x86_64-cros-linux-gnu

# The distribution keeps libraries and headers in folders of its tuple; an SDK has one flat folder of each. With the files
# themselves there, a C library from source replaces the distribution's file by file. Until nothing is left of the
# distribution, links stand for its folders: what it compiled looks there.
flatten() {
	cp -al "/usr/lib/${native}/." /usr/lib/
	cp -al "/usr/include/${native}/." /usr/include/
	# While the loader's own path changes, a program can only be started by the loader itself.
	local -r start=/usr/lib/${loader}
	mv /usr/lib64 /usr/lib64.distribution
	"${start}" /usr/bin/ln -s lib /usr/lib64
	mv "/usr/lib/${native}" "/usr/lib/${native}.distribution"
	mv "/usr/include/${native}" "/usr/include/${native}.distribution"
	ln -s . "/usr/lib/${native}"
	ln -s . "/usr/include/${native}"
	local link
	for link in /usr/lib/*.so; do
		[[ -L ${link} ]] && ln -sfn "$(basename "$(readlink "${link}")")" "${link}"
	done
	# Linker scripts.
	grep -lIZ "lib/${native}/" /usr/lib/*.so | xargs -0 -r sed -i "s#\(/usr\)\?/lib/${native}/#/usr/lib/#g"
	rm -rf /usr/lib64.distribution "/usr/lib/${native}.distribution" "/usr/include/${native}.distribution"
}

# Links of the alternatives system become direct ones: /etc/alternatives belongs to nobody.
direct_alternatives() {
	local link target
	for link in /usr/bin/* /usr/sbin/* /usr/lib/cpp; do
		[[ -L ${link} && $(readlink "${link}") == /etc/alternatives/* ]] || continue
		target=$(readlink -f "${link}") || true
		rm "${link}"
		[[ -z ${target} || ! -e ${target} ]] || ln -s "$(realpath --relative-to="${link%/*}" "${target}")" "${link}"
	done
}

shell_and_names() {
	ln -sfn bash /usr/bin/sh
	ln -sfn python3 /usr/bin/python
	ln -sfn tar /usr/bin/gtar
	ln -sfn gcc /usr/bin/cc
	ln -sfn g++ /usr/bin/c++
	local tool
	for tool in gcc g++ cpp c++ cc gcc-ar gcc-nm gcc-ranlib; do
		ln -sfn "${tool}" "/usr/bin/${chost}-${tool}"
	done
	for tool in ar as ld ld.bfd nm objcopy objdump ranlib readelf size strings strip; do
		[[ ! -e /usr/bin/${tool} ]] || ln -sfn "${tool}" "/usr/bin/${chost}-${tool}"
	done
}

# Portage's env-update writes ld.so.conf from LDPATH; the distribution's own files beside it name its folders.
library_path() {
	mkdir -p /etc/env.d
	printf 'LDPATH="/usr/lib"\n' >/etc/env.d/00glibc
	rm -rf /etc/ld.so.conf.d
}

# $1: tuple. A front of the cross compiler that knows its sysroot and its binutils.
# $2: program behind it. $3: name.
cross_front() {
	cat >"/usr/bin/$1-$3" <<-END
		#!/bin/bash
		exec $2 -B/usr/$1/bin --sysroot=/usr/$1 "\$@"
	END
	chmod 755 "/usr/bin/$1-$3"
}

arm_toolchain() {
	local tool
	# The distribution's cross folder becomes the sysroot; the compiler, which looks beside itself, finds it by a link.
	mkdir -p "${arm_sysroot}"
	rm -rf /usr/aarch64-linux-gnu/bin
	mv /usr/aarch64-linux-gnu "${arm_sysroot}/usr"
	ln -s "${arm_sysroot#/usr/}/usr" /usr/aarch64-linux-gnu
	ln -sfn usr/lib "${arm_sysroot}/lib"
	for tool in gcc g++ cpp; do
		cross_front aarch64-cros-linux-gnu "/usr/bin/aarch64-linux-gnu-${tool}" "${tool}"
	done
	ln -sfn aarch64-cros-linux-gnu-gcc /usr/bin/aarch64-cros-linux-gnu-cc
	ln -sfn aarch64-cros-linux-gnu-g++ /usr/bin/aarch64-cros-linux-gnu-c++
	# Linker scripts name the distribution's folder; below a sysroot they have to name /usr/lib.
	sed -i 's#/usr/aarch64-linux-gnu/lib/#/usr/lib/#g' /usr/aarch64-linux-gnu/lib/lib{c,m,pthread}.so 2>/dev/null || true
	grep -q ' /usr/lib/libc.so.6' /usr/aarch64-linux-gnu/lib/libc.so
}

x86_toolchain() {
	local tool file
	mkdir -p "${x86_sysroot}"/{bin,usr/lib,usr/include}
	ln -sfn usr/lib "${x86_sysroot}/lib"
	ln -sfn usr/lib "${x86_sysroot}/lib64"
	ln -sfn . "${x86_sysroot}/usr/lib/${native}"
	ln -sfn . "${x86_sysroot}/usr/include/${native}"
	for tool in ar as ld nm objcopy objdump ranlib readelf strip; do
		ln -sfn "../../bin/${tool}" "${x86_sysroot}/bin/${tool}"
		ln -sfn "${tool}" "/usr/bin/x86_64-cros-linux-gnu-${tool}"
	done
	for tool in gcc g++ cpp; do
		cross_front x86_64-cros-linux-gnu "/usr/bin/${native}-${tool}" "${tool}"
	done
	ln -sfn x86_64-cros-linux-gnu-gcc /usr/bin/x86_64-cros-linux-gnu-cc
	ln -sfn x86_64-cros-linux-gnu-g++ /usr/bin/x86_64-cros-linux-gnu-c++
	local -a packages
	mapfile -t packages < <(dpkg-query -W -f '${Package}\n' libc6 libc6-dev libcrypt1 libcrypt-dev linux-libc-dev \
		libgcc-s1 libstdc++6 libatomic1 libgomp1 'libstdc++-*-dev')
	dpkg -L "${packages[@]}" | grep -E '^(/usr)?/(lib|lib64|include)/' | sort -u |
		while read -r file; do
			[[ -d ${file} && ! -L ${file} ]] || [[ ! -e ${file} ]] || printf '%s\n' "${file#/usr}"
		done | sed -E "s#^/##; s#^lib64/#lib/#; s#^(lib|include)/${native}/#\1/#" | sort -u >/tmp/x86-files
	tar -C /usr -cf - -T /tmp/x86-files | tar -C "${x86_sysroot}/usr" -xf -
	rm /tmp/x86-files
}

# Compiled once here: the root of a stage is read-only, so Python could not cache its bytecode there. Hash-checked
# files do not depend on times.
compile_python() {
	find /usr/lib/python3* -name __pycache__ -prune -exec rm -rf {} +
	python3 -m compileall -q -j 2 --invalidation-mode unchecked-hash /usr/lib/python3*/ || true
}

flatten
direct_alternatives
shell_and_names
library_path
arm_toolchain
x86_toolchain
compile_python
