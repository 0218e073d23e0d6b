# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers flag-o-matic

DESCRIPTION="Compressor of the .bz2 format that uses all processors"
HOMEPAGE="https://lbzip2.org/"
SRC_URI="mirror://debian/pool/main/l/lbzip2/lbzip2_${PV}.orig.tar.bz2"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

src_configure() {
	# Its copy of gnulib knows glibc's stdio by a name that was given up; what is inside has not changed.
	append-cppflags -D_IO_ftrylockfile
	econf-answered
}

src_install() {
	dobin src/lbzip2
}
