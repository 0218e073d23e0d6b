# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Stream editor"
HOMEPAGE="https://www.gnu.org/software/sed/"
SRC_URI="mirror://debian/pool/main/s/sed/sed_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_configure() {
	econf-answered \
		--disable-acl \
		--disable-nls \
		--without-selinux
}

src_compile() {
	emake all-am
}

src_install() {
	dobin sed/sed
	doman doc/sed.1
}
