# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Finds differences between files"
HOMEPAGE="https://www.gnu.org/software/diffutils/"
SRC_URI="mirror://debian/pool/main/d/diffutils/diffutils_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_configure() {
	econf-answered \
		--disable-nls \
		--without-libsigsegv-prefix
}

src_compile() {
	emake -C lib
	emake -C src
}

src_install() {
	dobin src/{cmp,diff,diff3,sdiff}
	doman man/{cmp,diff,diff3,sdiff}.1
}
