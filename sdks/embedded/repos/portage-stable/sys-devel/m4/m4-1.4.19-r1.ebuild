# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Macro processor that autoconf and bison need"
HOMEPAGE="https://www.gnu.org/software/m4/"
SRC_URI="mirror://debian/pool/main/m/m4/m4_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_configure() {
	econf-answered \
		--disable-assert \
		--disable-nls \
		--enable-changeword=no \
		--without-libsigsegv-prefix
}

src_compile() {
	emake -C lib
	emake -C src
}

src_install() {
	dobin src/m4
	doman doc/m4.1
}
