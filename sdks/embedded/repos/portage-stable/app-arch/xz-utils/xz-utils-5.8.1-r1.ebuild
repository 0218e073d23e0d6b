# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Compressor and library of the .xz and .lzma formats"
HOMEPAGE="https://tukaani.org/xz/"
SRC_URI="mirror://debian/pool/main/x/xz-utils/xz-utils_${PV}.orig.tar.xz"
S="${WORKDIR}/xz-${PV}"

LICENSE="0BSD GPL-2+ LGPL-2.1+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	econf-answered \
		--disable-doc \
		--disable-nls \
		--disable-rpath \
		--disable-static \
		--enable-symbol-versions
}

src_install() {
	default
	rm "${ED}/usr/$(get_libdir)"/*.la || die
}
