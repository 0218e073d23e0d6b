# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Builds what is out of date"
HOMEPAGE="https://www.gnu.org/software/make/"
SRC_URI="mirror://debian/pool/main/m/make-dfsg/make-dfsg_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_prepare() {
	default
	# The tarball comes without its documents, but configure wants to make their Makefile.
	mkdir doc || die
	printf 'all install:\n' >doc/Makefile.in || die
	touch doc/make.1 || die
}

src_configure() {
	econf-answered \
		--disable-nls \
		--without-guile
}

src_compile() {
	emake -C lib
	emake all-am
}

src_install() {
	dobin make
	dosym make /usr/bin/gmake
	doheader src/gnumake.h
}
