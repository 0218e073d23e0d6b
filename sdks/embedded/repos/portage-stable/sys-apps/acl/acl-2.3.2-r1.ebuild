# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Library and programs for access control lists of files"
HOMEPAGE="https://savannah.nongnu.org/projects/acl"
SRC_URI="mirror://debian/pool/main/a/acl/acl_${PV}.orig.tar.xz"

LICENSE="LGPL-2.1+ GPL-2+"
SLOT="0"
KEYWORDS="amd64 arm64"

# The distribution's, which a first seed has, comes without headers: hence the version.
RDEPEND=">=sys-apps/attr-2.5.2"
DEPEND="${RDEPEND}"

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
