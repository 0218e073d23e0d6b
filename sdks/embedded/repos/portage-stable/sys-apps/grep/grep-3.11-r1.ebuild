# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Searches files for lines that match a pattern"
HOMEPAGE="https://www.gnu.org/software/grep/"
SRC_URI="mirror://debian/pool/main/g/grep/grep_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

PATCHES=( "${FILESDIR}/${P}-quiet-egrep.patch" )

src_configure() {
	econf-answered \
		--disable-nls \
		--disable-perl-regexp \
		--without-libsigsegv-prefix
}

src_compile() {
	emake -C lib
	emake -C src
	emake -C doc grep.1
}

src_install() {
	emake -C src DESTDIR="${D}" install
	doman doc/grep.1
}
