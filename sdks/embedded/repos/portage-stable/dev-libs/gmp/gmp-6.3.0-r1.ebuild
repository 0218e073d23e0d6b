# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers toolchain-funcs

DESCRIPTION="Library for arithmetic with numbers of any size"
HOMEPAGE="https://gmplib.org/"
SRC_URI="mirror://debian/pool/main/g/gmp/gmp_${PV}+dfsg.orig.tar.xz"
S="${WORKDIR}/${P}+dfsg"

LICENSE="|| ( LGPL-3+ GPL-2+ )"
SLOT="0"
KEYWORDS="amd64 arm64"

BDEPEND="sys-devel/m4"

PATCHES=( "${FILESDIR}/${P}-without-tests.patch" )

src_unpack() {
	tar -xf "${DISTDIR}/${A}" --exclude='*/demos/*' --exclude='*/ChangeLog' --exclude='*/tests/*.c' \
		--exclude='*/tests/*.cc' || die
}

src_configure() {
	local conf=(
		--disable-cxx
		--disable-static
		--enable-shared
		--without-readline
	)
	tc-export AR AS CC NM RANLIB STRIP
	# ABI is Portage's name for something else: "64" is configure's.
	ABI=64 econf-answered "${conf[@]}"
}

src_compile() {
	emake SUBDIRS="mpn mpz mpq mpf printf scanf rand cxx"
}

src_install() {
	emake SUBDIRS="mpn mpz mpq mpf printf scanf rand cxx" DESTDIR="${D}" install
	rm -f "${ED}/usr/$(get_libdir)"/*.la || die
}
