# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Small shell of POSIX; /bin/sh is bash"
HOMEPAGE="http://gondor.apana.org.au/~herbert/dash/"
SRC_URI="mirror://debian/pool/main/d/dash/dash_${PV}.orig.tar.gz"

LICENSE="BSD GPL-2+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	econf-answered \
		--disable-static \
		--without-libedit
}

src_install() {
	dobin src/dash
	doman src/dash.1
}
