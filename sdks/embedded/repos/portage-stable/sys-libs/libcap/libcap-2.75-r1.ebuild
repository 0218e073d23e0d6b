# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="Library and programs for capabilities of processes and files"
HOMEPAGE="https://sites.google.com/site/fullycapable/"
SRC_URI="mirror://debian/pool/main/libc/libcap2/libcap2_${PV}.orig.tar.xz"

LICENSE="BSD GPL-2"
SLOT="0"
KEYWORDS="amd64 arm64"

# Neither PAM's module nor the bindings of Go, whatever the machine has.
make_libcap() {
	emake -C "$1" AR="${AR}" BUILD_CC="${BUILD_CC}" CC="${CC}" OBJCOPY="${OBJCOPY:-objcopy}" RANLIB="${RANLIB}" \
		COPTS="${CFLAGS}" BUILD_COPTS="${CFLAGS}" LDFLAGS="${LDFLAGS}" \
		DYNAMIC=yes GOLANG=no PAM_CAP=no PTHREADS=no USE_GPERF=no \
		lib="$(get_libdir)" prefix="${EPREFIX}/usr" sbin=sbin "${@:2}"
}

src_compile() {
	tc-export AR BUILD_CC CC RANLIB
	make_libcap libcap
	make_libcap progs
}

src_install() {
	make_libcap libcap DESTDIR="${D}" install
	make_libcap progs DESTDIR="${D}" install
	rm "${ED}/usr/$(get_libdir)"/*.a || die
}
