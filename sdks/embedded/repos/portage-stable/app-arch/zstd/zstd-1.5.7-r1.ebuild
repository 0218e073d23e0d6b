# Distributed under the terms of the MIT license

EAPI=8

inherit flag-o-matic toolchain-funcs

DESCRIPTION="Compressor and library of the .zst format"
HOMEPAGE="https://facebook.github.io/zstd/"
SRC_URI="mirror://debian/pool/main/libz/libzstd/libzstd_${PV}+dfsg.orig.tar.xz"

LICENSE="BSD GPL-2"
SLOT="0/1"
KEYWORDS="amd64 arm64"

src_unpack() {
	tar -xf "${DISTDIR}/${A}" --wildcards "${P}/lib" "${P}/programs" || die
}

# What its Makefiles would look for is answered here: the program knows no format but its own.
make_zstd() {
	local -a args=(
		HAVE_LZ4=0 HAVE_LZMA=0 HAVE_THREAD=1 HAVE_ZLIB=0 LIB_BINDIR="${S}/lib" ZSTD_LEGACY_SUPPORT=0
		libdir="${EPREFIX}/usr/$(get_libdir)" prefix="${EPREFIX}/usr"
	)
	emake "${args[@]}" "$@"
}

src_compile() {
	tc-export AR CC
	# Its Makefiles name sources by absolute paths, which error messages have.
	append-cflags "-ffile-prefix-map=${S}/="
	make_zstd -C lib libzstd-mt libzstd.pc
	make_zstd -C programs zstd-dll
}

src_install() {
	local libdir
	libdir=/usr/$(get_libdir)
	dobin programs/zstd programs/zstdgrep programs/zstdless
	local name
	for name in unzstd zstdcat zstdmt; do
		dosym zstd "/usr/bin/${name}"
	done
	dolib.so "lib/libzstd.so.${PV}"
	dosym "libzstd.so.${PV}" "${libdir}/libzstd.so.1"
	dosym "libzstd.so.${PV}" "${libdir}/libzstd.so"
	doheader lib/{zdict,zstd,zstd_errors}.h
	insinto "${libdir}/pkgconfig"
	doins lib/libzstd.pc
}
