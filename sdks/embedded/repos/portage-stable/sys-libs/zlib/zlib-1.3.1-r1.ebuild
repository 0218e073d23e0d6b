# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

# The distribution went back from a newer version, which its name for this one keeps.
MY_P="${PN}_1.3.dfsg+really${PV}"

DESCRIPTION="Library for deflate compression"
HOMEPAGE="https://zlib.net/"
SRC_URI="mirror://debian/pool/main/z/zlib/${MY_P}.orig.tar.gz"

LICENSE="ZLIB"
SLOT="0/1"
KEYWORDS="amd64 arm64"

src_configure() {
	tc-export AR CC NM RANLIB
	# Not autoconf's: it knows only these options.
	local conf=(
		./configure
		--shared
		--prefix="${EPREFIX}/usr"
		--libdir="${EPREFIX}/usr/$(get_libdir)"
		--uname=Linux
	)
	echo "${conf[@]}"
	"${conf[@]}" || die "configure failed"
}

src_compile() {
	# Everything but its test programs.
	emake libz.a "libz.so.${PV}"
}

src_install() {
	emake DESTDIR="${D}" LDCONFIG=: install
	rm "${ED}/usr/$(get_libdir)/libz.a" || die
}
