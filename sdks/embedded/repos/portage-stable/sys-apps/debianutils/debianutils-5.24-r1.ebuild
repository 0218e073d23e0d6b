# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="which and run-parts"
HOMEPAGE="https://packages.qa.debian.org/d/debianutils.html"
SRC_URI="mirror://debian/pool/main/d/debianutils/debianutils_${PV}.tar.xz"

LICENSE="GPL-2+ SMAIL"
SLOT="0"
KEYWORDS="amd64 arm64"

src_compile() {
	local -a command=(
		"$(tc-getCC)" ${CPPFLAGS} -D_FILE_OFFSET_BITS=64 -DHAVE_GETOPT_H -DPACKAGE_VERSION="\"${PV}\"" ${CFLAGS} ${LDFLAGS}
		-o run-parts run-parts.c
	)
	echo "${command[@]}"
	"${command[@]}" || die
}

src_install() {
	dobin run-parts
	newbin which.debianutils which
}
