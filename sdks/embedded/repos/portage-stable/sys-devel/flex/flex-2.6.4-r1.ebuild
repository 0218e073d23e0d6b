# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers flag-o-matic

DESCRIPTION="Generator of scanners"
HOMEPAGE="https://github.com/westes/flex"
SRC_URI="mirror://debian/pool/main/f/flex/flex_${PV}.orig.tar.gz"

LICENSE="FLEX"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="sys-devel/m4"
BDEPEND="${RDEPEND}"

src_configure() {
	# Not all that it calls is declared without it.
	append-cppflags -D_GNU_SOURCE
	M4="${EPREFIX}/usr/bin/m4" econf-answered \
		--disable-bootstrap \
		--disable-nls \
		--disable-rpath \
		--disable-shared \
		--enable-libfl \
		--enable-static
}

src_compile() {
	emake -C src
}

src_install() {
	emake -C src DESTDIR="${D}" install
	dosym flex /usr/bin/lex
	rm "${ED}/usr/$(get_libdir)"/*.la || die
}
