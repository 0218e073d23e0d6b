# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Finds files and runs commands on them"
HOMEPAGE="https://www.gnu.org/software/findutils/"
SRC_URI="mirror://debian/pool/main/f/findutils/findutils_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_configure() {
	# locate needs a database that somebody keeps up to date; an SDK has none.
	econf-answered \
		--disable-nls \
		--without-selinux
}

src_compile() {
	emake -C gl
	emake -C lib
	emake -C find
	emake -C xargs
}

src_install() {
	dobin find/find xargs/xargs
	doman find/find.1 xargs/xargs.1
}
