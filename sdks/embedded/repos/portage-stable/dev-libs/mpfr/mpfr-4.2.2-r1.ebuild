# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers toolchain-funcs

DESCRIPTION="Library for floating-point numbers of any precision, correctly rounded"
HOMEPAGE="https://www.mpfr.org/"
SRC_URI="mirror://debian/pool/main/m/mpfr4/mpfr4_${PV}.orig.tar.xz"

LICENSE="LGPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

# The distribution's gmp, which a first seed has, comes without headers: hence the version.
RDEPEND=">=dev-libs/gmp-6.3.0-r1"
DEPEND="${RDEPEND}"

src_unpack() {
	tar -xf "${DISTDIR}/${A}" --exclude='*/tests/*.[ch]' --exclude='*/tests/data' || die
}

src_configure() {
	local conf=(
		--disable-decimal-float
		--disable-float128
		--disable-static
		--enable-shared
		--enable-thread-safe
	)
	tc-export AR AS CC NM RANLIB STRIP
	econf-answered "${conf[@]}"
}

# Neither the manual nor the tests.
src_compile() {
	emake -C src
}

src_install() {
	emake -C src DESTDIR="${D}" install
	rm -f "${ED}/usr/$(get_libdir)"/*.la || die
}
