#!/usr/bin/env bash
# Makes a root in which Flatcar's stage 1 can build: a distribution seed with Portage and a compiler, more tools and libraries of the
# same distribution, the checkout's repos where an SDK has them, and a package database that says that all is there.
# Usage: make-seed.sh BASE THIRD_PARTY CACHE DATABASE ROOT
#   BASE a distribution seed; THIRD_PARTY the checkout's repos; CACHE their md5-cache; DATABASE a tar; ROOT is made
set -Eeuo pipefail
base=$1 repos=$2 cache=$3 database=$4 root=$5

# What the ebuilds need of an SDK that the seed of `embedded` has not. Debian's names.
debs=(
	autoconf autoconf-archive automake libtool libtool-bin gettext autopoint pkg-config meson ninja-build cmake flex bison
	texinfo gperf bc help2man rpcsvc-proto xsltproc libxml2-utils groff cpio unzip lzip pax-utils
	libacl1-dev libattr1-dev libblkid-dev libbsd-dev libbz2-dev libcap-dev libdevmapper-dev libefivar-dev libevent-dev
	libexpat1-dev libffi-dev libgdbm-dev libglib2.0-dev libgmp-dev libidn2-dev libkmod-dev liblz4-dev liblzma-dev
	liblzo2-dev libmd-dev libmnl-dev libmount-dev libmpfr-dev libncurses-dev libnfnetlink-dev libnl-3-dev libonig-dev
	libp11-kit-dev libpci-dev libpcre2-dev libpipeline-dev libpopt-dev libreadline-dev libseccomp-dev libssl-dev
	libsystemd-dev libtasn1-6-dev libtirpc-dev libudev-dev libunistring-dev libusb-1.0-0-dev libxxhash-dev libzstd-dev
	nettle-dev uuid-dev zlib1g-dev
)

# Usage: add_debs   files that the seed has already stay its own
add_debs() {
	local folder deb
	folder=$(mktemp -d)
	mkdir "${folder}/partial"
	: >"${folder}/status"
	# With an empty status apt names everything that they need.
	apt-get --yes --no-install-recommends --download-only -o Debug::NoLocking=1 \
		-o "Dir::State::status=${folder}/status" -o "Dir::Cache::archives=${folder}" install "${debs[@]}" >/dev/null
	for deb in "${folder}"/*.deb; do
		dpkg-deb --fsys-tarfile "${deb}" | tar -C "${root}" -x --keep-directory-symlink --skip-old-files \
			--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' 2>/dev/null
	done
	rm -r "${folder}"
}

# Usage: add_tools   what maintainer scripts would link, and tools of Gentoo that the distribution has not
add_tools() {
	local bin=${root}/usr/bin newest
	newest=$(find "${bin}" -name 'automake-1.*' -printf '%f\n' | sort -V | tail -n 1)
	ln -sf "${newest}" "${bin}/automake"
	ln -sf "aclocal${newest#automake}" "${bin}/aclocal"
	ln -sf bison.yacc "${bin}/yacc.bison"
	ln -sf pkg-config "${bin}/x86_64-pc-linux-gnu-pkg-config"
	# Patches for generated libtool scripts: not needed for what is built here.
	printf '#!/bin/sh\nexit 0\n' >"${bin}/eltpatch"
	printf '%s\n' '#!/usr/bin/env python3' 'import shlex, sys' \
		'print([word for text in sys.argv[1:] for word in shlex.split(text)])' >"${bin}/meson-format-array"
	chmod 755 "${bin}/eltpatch" "${bin}/meson-format-array"
}

# Usage: add_repo NAME FOLDER   the tree as it is, with the cache of its metadata
add_repo() {
	local place=${root}/var/gentoo/repos/$2
	cp -a --no-preserve=ownership "${repos}/$1" "${place}"
	cp -a "${cache}/$1/metadata/md5-cache" "${place}/metadata/"
}

mkdir -p "${root}"
tar -C "${root}" --xattrs --numeric-owner -xf "${base}"
add_debs
add_tools
rm -r "${root}/var/gentoo/repos" "${root}/var/db/pkg"
mkdir -p "${root}/var/gentoo/repos" "${root}/var/db/pkg"
add_repo portage-stable gentoo
add_repo coreos-overlay coreos-overlay
tar -C "${root}/var/db/pkg" -xf "${database}"
# The engine takes the database and the repos of a seed that says that it is such an SDK.
printf 'ID=flatcar\nVERSION=0.0.0\n' >"${root}/usr/lib/os-release"
ln -sf ../usr/lib/os-release "${root}/etc/os-release"
