# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Generator of parsers"
HOMEPAGE="https://www.gnu.org/software/bison/"
SRC_URI="mirror://debian/pool/main/b/bison/bison_${PV}+dfsg.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="sys-devel/m4"
BDEPEND="${RDEPEND}"

PATCHES=( "${FILESDIR}/${P}-headers.patch" )

src_configure() {
	M4="${EPREFIX}/usr/bin/m4" econf-answered \
		--disable-nls \
		--disable-rpath \
		--without-libreadline-prefix \
		--without-libtextstyle-prefix
}

src_compile() {
	# The library's headers come first; the examples would be cut out of the manual, which is not there.
	emake mfcalc_sources= rpcalc_sources= simple_sources= headers
	emake src/bison src/yacc lib/liby.a
}

src_install() {
	emake DESTDIR="${D}" \
		install-exec-am install-dist_pkgdataDATA install-dist_m4sugarDATA install-dist_skeletonsDATA
}
