# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers toolchain-funcs

DESCRIPTION="Library for complex numbers of any precision, correctly rounded"
HOMEPAGE="https://www.multiprecision.org/mpc/"
SRC_URI="mirror://debian/pool/main/m/mpclib3/mpclib3_${PV}.orig.tar.gz"

LICENSE="LGPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

# The distribution's, which a first seed has, come without headers: hence the versions.
RDEPEND="
	>=dev-libs/gmp-6.3.0-r1
	>=dev-libs/mpfr-4.2.2-r1
"
DEPEND="${RDEPEND}"

src_unpack() {
	tar -xf "${DISTDIR}/${A}" --exclude='*/tests/*.[ch]' --exclude='*/tests/*.dat' || die
}

src_configure() {
	local conf=(
		--disable-static
		--disable-valgrind-tests
		--enable-shared
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
	doheader src/mpc.h
	rm -f "${ED}/usr/$(get_libdir)"/*.la || die
}
