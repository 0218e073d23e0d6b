# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="Library for capabilities of processes, with an interface of its own"
HOMEPAGE="https://people.redhat.com/sgrubb/libcap-ng/"
SRC_URI="mirror://debian/pool/main/libc/libcap-ng/libcap-ng_${PV}.orig.tar.gz"

LICENSE="LGPL-2.1+"
SLOT="0"
KEYWORDS="amd64 arm64"

# The sources have no configure script, and making one takes more tools than the two files are worth.
src_configure() {
	tc-export CC
	local name
	for name in HAVE_LINUX_MAGIC_H HAVE_LINUX_SECUREBITS_H HAVE_PTHREAD_H HAVE_SYSCALL_H HAVE_SYS_XATTR_H \
		HAVE_DECL_{PR_CAP_AMBIENT,VFS_CAP_REVISION_2,VFS_CAP_REVISION_3} \
		HAVE_DECL_CAP_{AUDIT_READ,BLOCK_SUSPEND,BPF,CHECKPOINT_RESTORE,EPOLLWAKEUP,PERFMON,WAKE_ALARM}; do
		echo "#define ${name} 1"
	done >config.h || die
	sed -e "s#@prefix@#${EPREFIX}/usr#; s#@exec_prefix@#\${prefix}#; s#@libdir@#\${prefix}/$(get_libdir)#" \
		-e "s#@includedir@#\${prefix}/include#; s#@VERSION@#${PV}#" src/libcap-ng.pc.in >libcap-ng.pc || die
}

src_compile() {
	local -a command=(
		"${CC}" ${CPPFLAGS} ${CFLAGS} -fPIC -D_GNU_SOURCE -I. -Isrc ${LDFLAGS} -shared -Wl,-soname,libcap-ng.so.0
		-o libcap-ng.so.0.0.0 src/cap-ng.c src/lookup_table.c
	)
	echo "${command[@]}"
	"${command[@]}" || die
}

src_install() {
	local libdir
	libdir=/usr/$(get_libdir)
	dolib.so libcap-ng.so.0.0.0
	dosym libcap-ng.so.0.0.0 "${libdir}/libcap-ng.so.0"
	dosym libcap-ng.so.0.0.0 "${libdir}/libcap-ng.so"
	doheader src/cap-ng.h
	insinto "${libdir}/pkgconfig"
	doins libcap-ng.pc
}
