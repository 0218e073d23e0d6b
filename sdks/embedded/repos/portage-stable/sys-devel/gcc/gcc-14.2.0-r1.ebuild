# Distributed under the terms of the MIT license

# A cross toolchain merges it twice. The first pass, USE=-cxx, comes before the target has a C library: the compilers,
# and as much of libgcc as a C library needs to be built. The final one, USE=cxx, adds the target's libraries. Both
# have the same compilers, so the final pass takes those that the first one has installed instead of building them.

EAPI=8

inherit flag-o-matic toolchain-funcs toolchain-target

DESCRIPTION="Compilers for C and C++"
HOMEPAGE="https://gcc.gnu.org/"
SRC_URI="mirror://debian/pool/main/g/gcc-14/gcc-14_${PV}.orig.tar.gz"

LICENSE="GPL-3+ LGPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="+cxx openmp"
# Its own, below: Portage's does not know the tools of the target.
RESTRICT="strip"

# The distribution's, which a first seed has, come without headers: hence the versions.
RDEPEND="
	>=dev-libs/gmp-6.3.0-r1
	>=dev-libs/mpc-1.3.1-r1
	>=dev-libs/mpfr-4.2.2-r1
	>=sys-libs/zlib-1.3.1-r1
"
DEPEND="${RDEPEND}"
if is_native; then
	RDEPEND+=" sys-devel/binutils"
	BDEPEND="sys-devel/binutils"
	# Its libraries are built for the C library that is there.
	DEPEND+=" >=sys-libs/glibc-2.41"
else
	# Not the C library: it needs this, and would make a circle of it.
	RDEPEND+=" ${CATEGORY}/binutils"
	BDEPEND="${CATEGORY}/binutils"
fi

BUILD_DIR="${WORKDIR}/build"

PATCHES=(
	"${FILESDIR}/${P}-one-libdir.patch"
	"${FILESDIR}/${P}-without-lto-dump.patch"
	"${FILESDIR}/${P}-less-work.patch"
	"${FILESDIR}/${P}-compile-once.patch"
)

# The compilers' own programs, without the tuple.
PROGRAMS=( c++ cpp g++ gcc gcc-ar gcc-nm gcc-ranlib gcov gcov-dump gcov-tool )

is_first_pass() {
	! is_native && ! use cxx
}

# The folder of a version, and what the first pass leaves there for the final one.
gcc_dir() {
	echo "/usr/lib/gcc/$(target_tuple)/$(ver_cut 1)"
}

# Whether the first pass of just this ebuild is installed.
has_first_pass() {
	local mark="${BROOT}$(gcc_dir)/first-pass/version"
	! is_native && ! is_first_pass && [[ -f ${mark} && $(<"${mark}") == "${PVR}" ]]
}

# Tests, translations and the languages that are not built make up three quarters of the sources.
WITHOUT=(
	'*/ChangeLog*' '*/FSFChangeLog*' '*/MD5SUMS' '*.po' '*.gmo' '*/testsuite/*/*'
	'*/libstdc++-v3/doc/html' '*/libstdc++-v3/doc/xml' '*/gcc/doc' '*/gcc/ada' '*/gcc/fortran' '*/gcc/go' '*/gcc/jit'
	'*/gcc/m2' '*/gcc/objc' '*/gcc/objcp' '*/gcc/d/[!d]*' '*/gcc/d/dmd' '*/gcc/rust/[!r]*' '*/c++tools/[!r]*'
	'*/contrib' '*/fixincludes' '*/gnattools' '*/gotools' '*/libada' '*/libcc1' '*/libffi' '*/libgfortran' '*/libgm2'
	'*/libgo' '*/libgrust' '*/libitm' '*/libobjc' '*/libphobos' '*/libquadmath' '*/libsanitizer' '*/libssp' '*/libvtv'
	'*/maintainer-scripts' 'gcc-*/zlib'
)

# A tarball in a tarball.
src_unpack() {
	tar -xOf "${DISTDIR}/${A}" --wildcards "*/gcc-${PV}-dfsg.tar.xz" | tar -xJf - "${WITHOUT[@]/#/--exclude=}"
	[[ ${PIPESTATUS[*]} == "0 0" ]] || die "the sources cannot be unpacked"
}

# Usage: target_flags   those of the flags for the build machine that hold for every machine
target_flags() {
	local flag
	local -a flags=()
	for flag in ${CFLAGS}; do
		[[ ${flag} != -O* && ${flag} != -pipe ]] || flags+=( "${flag}" )
	done
	echo "${flags[*]}"
}

src_configure() {
	local target conf languages=c
	target=$(target_tuple)
	# The compilers of both passes of a cross toolchain are the same.
	if use cxx || ! is_native; then
		languages+=,c++
	fi
	conf=(
		--target="${target}"
		--libdir="${EPREFIX}/usr/lib"
		--libexecdir="${EPREFIX}/usr/libexec"
		--with-gcc-major-version-only
		--enable-languages="${languages}"
		--enable-checking=release
		--enable-default-pie
		--enable-lto
		--enable-shared
		--enable-threads=posix
		--enable-__cxa_atexit
		--disable-analyzer
		--disable-bootstrap
		--disable-fixincludes
		--disable-libcc1
		--disable-libitm
		--disable-libquadmath
		--disable-libquadmath-support
		--disable-libsanitizer
		--disable-libssp
		--disable-libstdcxx-pch
		--disable-libvtv
		--disable-multiarch
		--disable-multilib
		--disable-nls
		--disable-plugin
		--disable-werror
		$(use_enable openmp libgomp)
		--with-system-zlib
		--without-isl
		--without-zstd
	)
	if is_native; then
		conf+=( --with-gxx-include-dir="${EPREFIX}/usr/include/c++/$(ver_cut 1)" )
	else
		conf+=(
			--with-sysroot="${EPREFIX}/usr/${target}"
			# The other one is looked for beside the compiler, which is not in its place yet.
			--with-build-sysroot="${EPREFIX}/usr/${target}"
			--with-gxx-include-dir="${EPREFIX}$(gcc_dir)/include/c++"
			# The C library that comes between the passes cannot be asked yet.
			--with-glibc-version=2.41
		)
	fi
	filter-flags '-g*'
	tc-export AR CC CXX NM RANLIB STRIP
	export CFLAGS_FOR_TARGET=$(target_flags) CXXFLAGS_FOR_TARGET=$(target_flags)
	mkdir "${BUILD_DIR}" || die
	cd "${BUILD_DIR}" || die
	# A relative path: an absolute one would be in messages of the compilers.
	ECONF_SOURCE="../${P}" econf "${conf[@]}"
}

# Usage: make_gcc ARGUMENT...   in the build folder
make_gcc() {
	emake -C "${BUILD_DIR}" MAKEINFO=true "$@"
}

# What is built for the target, by the names of make's targets.
target_libraries() {
	echo libgcc libatomic
	use cxx && echo libstdc++-v3
	use openmp && echo libgomp
}

# As much of libgcc as needs no C library: no threads, nothing shared.
compile_first_libgcc() {
	local folder="${BUILD_DIR}/$(target_tuple)/libgcc"
	make_gcc configure-target-libgcc
	ln -sfn "${S}/libgcc/gthr-single.h" "${folder}/gthr-default.h" || die
	emake -C "${folder}" "${FIRST_LIBGCC[@]}" all
}
FIRST_LIBGCC=( enable_shared=no enable_gcov=no INHIBIT_LIBC_CFLAGS=-Dinhibit_libc )

# What libraries of the target need of the compilers' build folder: a few headers, and the compilers, which are
# installed.
restore_first_pass() {
	local target name
	target=$(target_tuple)
	mkdir -p "${BUILD_DIR}/gcc/include" || die
	cp "${BROOT}$(gcc_dir)"/first-pass/headers/* "${BUILD_DIR}/gcc" || die
	for name in gcc:xgcc g++:xg++ as:as ld:collect-ld nm:nm; do
		printf '#!/bin/sh\nexec %s "$@"\n' "${BROOT}/usr/bin/${target}-${name%:*}" >"${BUILD_DIR}/gcc/${name#*:}" || die
		chmod +x "${BUILD_DIR}/gcc/${name#*:}" || die
	done
}

src_compile() {
	local -a libraries compilers=()
	libraries=( $(target_libraries) )
	if has_first_pass; then
		einfo "The compilers are those of the first pass"
		restore_first_pass
		compilers=( -o all-gcc )
	else
		# Headers of languages that are not built come into these.
		mkdir -p "${BUILD_DIR}"/gcc/{d,rust} || die
		make_gcc all-gcc
	fi
	if is_first_pass; then
		compile_first_libgcc
	else
		make_gcc "${compilers[@]}" "${libraries[@]/#/all-target-}"
	fi
}

install_compilers() {
	local target name
	target=$(target_tuple)
	if has_first_pass; then
		mkdir -p "${ED}"/usr/{bin,lib/gcc,libexec/gcc} || die
		for name in "${PROGRAMS[@]}"; do
			cp -a "${BROOT}/usr/bin/${target}-${name}" "${ED}/usr/bin" || die
		done
		cp -a "${BROOT}/usr/libexec/gcc/${target}" "${ED}/usr/libexec/gcc" || die
		cp -a "${BROOT}/usr/lib/gcc/${target}" "${ED}/usr/lib/gcc" || die
		rm -r "${ED}$(gcc_dir)"/{first-pass,*.a,*.o} || die
		return
	fi
	emake -C "${BUILD_DIR}/gcc" DESTDIR="${D}" install-common install-cpp install-driver install-gcc-ar install-headers \
		install-lto-wrapper
	emake -C "${BUILD_DIR}/lto-plugin" DESTDIR="${D}" install
}

install_first_pass() {
	local folder="${ED}$(gcc_dir)"
	emake -C "${BUILD_DIR}/$(target_tuple)/libgcc" "${FIRST_LIBGCC[@]}" DESTDIR="${D}" install
	# The parts for exceptions are in libgcc.a itself, as nothing is shared; a C library's static programs ask for both.
	ln -s libgcc.a "${folder}/libgcc_eh.a" || die
	mkdir -p "${folder}/first-pass/headers" || die
	cp "${BUILD_DIR}"/gcc/{*.h,libgcc.mvars} "${folder}/first-pass/headers" || die
	echo "${PVR}" >"${folder}/first-pass/version" || die
}

# The names that programs are called by. Links say better than equal files which is which.
install_names() {
	local target name
	target=$(target_tuple)
	cd "${ED}/usr/bin" || die
	rm -f "${target}-gcc-$(ver_cut 1)" "${target}-gcc-tmp" || die
	if is_native; then
		for name in "${PROGRAMS[@]}"; do
			[[ ! -e ${name} ]] || ln -sfn "${name}" "${target}-${name}" || die
		done
		ln -sfn gcc cc || die
		ln -sfn gcc "${target}-cc" || die
		[[ ! -e g++ ]] || ln -sfn g++ c++ || die
		dosym ../bin/cpp /usr/lib/cpp
		# Where the tools of binutils look for what reads objects of link-time optimisation, those of any target.
		dosym "../../libexec/gcc/${target}/$(ver_cut 1)/liblto_plugin.so" /usr/lib/bfd-plugins/liblto_plugin.so
	else
		ln -sfn "${target}-gcc" "${target}-cc" || die
		ln -sfn "${target}-g++" "${target}-c++" || die
	fi
}

# Symbols that neither the linker nor the loader needs.
strip_files() {
	local target file
	target=$(target_tuple)
	find "${ED}"/usr/{bin,libexec} -type f ! -name '*.la' \
		-exec sh -c '[ "$(head -c 4 "$1")" = "$(printf "\177ELF")" ]' sh {} \; -print0 |
		xargs -0 -r "${STRIP}" --strip-unneeded || die
	find "${ED}"/usr/lib "${ED}/usr/${target}" -name '*.so.*' -type f -print0 2>/dev/null |
		xargs -0 -r "${target}-strip" --strip-unneeded || die
}

src_install() {
	local target
	local -a libraries
	target=$(target_tuple)
	libraries=( $(target_libraries) )
	install_compilers
	if is_first_pass; then
		install_first_pass
	else
		make_gcc -o all-gcc DESTDIR="${D}" "${libraries[@]/#/install-target-}"
	fi
	# "lib" of a target is a link of its C library.
	if ! is_native && [[ -d ${ED}/usr/${target}/lib ]]; then
		mkdir "${ED}/usr/${target}/usr" || die
		mv "${ED}/usr/${target}/lib" "${ED}/usr/${target}/usr/lib" || die
	fi
	install_names
	rm -rf "${ED}"/usr/share "${ED}/usr/libexec/gcc/${target}/$(ver_cut 1)/install-tools" \
		"${ED}$(gcc_dir)"/{include-fixed,install-tools,plugin} || die
	find "${ED}" \( -name '*.la' -o -name '*-gdb.py' \) -delete || die
	strip_files
}
