# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Library and programs for extended attributes of files"
HOMEPAGE="https://savannah.nongnu.org/projects/attr"
SRC_URI="mirror://debian/pool/main/a/attr/attr_${PV}.orig.tar.xz"

LICENSE="LGPL-2.1+ GPL-2+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	econf-answered \
		--disable-nls \
		--disable-rpath \
		--disable-static
}

src_install() {
	emake DESTDIR="${D}" install
	rm -r "${ED}"/usr/share "${ED}/usr/$(get_libdir)"/*.la || die
}
