# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Pattern scanning and processing language"
HOMEPAGE="https://www.gnu.org/software/gawk/"
SRC_URI="mirror://debian/pool/main/g/gawk/gawk_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	# Persistent memory (pma) would forbid a position-independent program.
	econf-answered \
		--disable-extensions \
		--disable-mpfr \
		--disable-nls \
		--disable-pma \
		--without-libsigsegv-prefix \
		--without-readline
}

src_compile() {
	# The function library is cut out of the manual, which the tarball lacks.
	emake -C support
	emake gawk
}

src_install() {
	dobin gawk
	dosym gawk /usr/bin/awk
	doheader gawkapi.h
	doman doc/gawk.1
}
