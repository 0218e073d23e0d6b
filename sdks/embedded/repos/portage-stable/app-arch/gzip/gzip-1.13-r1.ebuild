# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Compressor of the .gz format"
HOMEPAGE="https://www.gnu.org/software/gzip/"
SRC_URI="mirror://debian/pool/main/g/gzip/gzip_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	econf-answered --disable-gcc-warnings
}

src_compile() {
	emake SUBDIRS="lib ."
}

src_install() {
	emake DESTDIR="${D}" install-exec-am
	doman *.1
}
