# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Tells the type of a file from its contents; with libmagic"
HOMEPAGE="https://www.darwinsys.com/file/"
SRC_URI="mirror://debian/pool/main/f/file/file_${PV}.orig.tar.gz"

LICENSE="BSD-2"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

RDEPEND=">=sys-libs/zlib-1.3.1"
DEPEND="${RDEPEND}"

src_configure() {
	econf-answered \
		--disable-bzlib \
		--disable-libseccomp \
		--disable-lrziplib \
		--disable-lzlib \
		--disable-static \
		--disable-xzlib \
		--disable-zstdlib \
		--enable-zlib
}

src_install() {
	default
	rm "${ED}/usr/$(get_libdir)"/*.la || die
}
