# Distributed under the terms of the MIT license

EAPI=8

inherit flag-o-matic toolchain-funcs

DESCRIPTION="Compressor and library of the .bz2 format"
HOMEPAGE="https://sourceware.org/bzip2/"
SRC_URI="mirror://debian/pool/main/b/bzip2/bzip2_${PV}.orig.tar.gz"

LICENSE="BZIP2"
SLOT="0/1"
KEYWORDS="amd64 arm64"

src_compile() {
	tc-export CC
	append-flags -fPIC
	append-cppflags -D_FILE_OFFSET_BITS=64
	# Its Makefiles set compiler and flags themselves, and would run the program as a test.
	local -a args=( CC="${CC} ${LDFLAGS}" CFLAGS="${CPPFLAGS} ${CFLAGS}" )
	emake -f Makefile-libbz2_so "${args[@]}"
	emake "${args[@]}" bzip2recover
}

src_install() {
	local libdir
	libdir=/usr/$(get_libdir)
	newbin bzip2-shared bzip2
	dobin bzip2recover bzdiff bzgrep bzmore
	dosym bzip2 /usr/bin/bunzip2
	dosym bzip2 /usr/bin/bzcat
	dosym bzdiff /usr/bin/bzcmp
	dosym bzmore /usr/bin/bzless
	dosym bzgrep /usr/bin/bzegrep
	dosym bzgrep /usr/bin/bzfgrep
	dolib.so "libbz2.so.${PV}"
	# The soname is libbz2.so.1.0.
	dosym "libbz2.so.${PV}" "${libdir}/libbz2.so.1"
	dosym "libbz2.so.${PV}" "${libdir}/libbz2.so.1.0"
	dosym "libbz2.so.${PV}" "${libdir}/libbz2.so"
	doheader bzlib.h
	doman bzip2.1
}
