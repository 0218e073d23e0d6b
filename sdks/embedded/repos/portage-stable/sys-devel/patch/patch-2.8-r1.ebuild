# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Applies the differences that diff found"
HOMEPAGE="https://www.gnu.org/software/patch/"
SRC_URI="mirror://debian/pool/main/p/patch/patch_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_configure() {
	ac_cv_path_ED=no econf-answered --disable-xattr
}

src_compile() {
	emake -C lib
	emake -C src
}

src_install() {
	dobin src/patch
	newman patch.man patch.1
}
