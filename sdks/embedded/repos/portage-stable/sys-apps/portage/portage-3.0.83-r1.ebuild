# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="The package manager"
HOMEPAGE="https://wiki.gentoo.org/wiki/Portage"
SRC_URI="mirror://pypi/${PN}/${P}-py3-none-any.whl"
S="${WORKDIR}"

LICENSE="GPL-2"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="
	app-arch/bzip2
	app-arch/gzip
	app-arch/tar
	app-arch/xz-utils
	app-arch/zstd
	app-shells/bash
	dev-lang/python:3.13
	>=dev-lang/python-exec-3.13-r1
	sys-apps/coreutils
	sys-apps/file
	sys-apps/findutils
	sys-apps/sed
	sys-apps/util-linux
"
BDEPEND="dev-lang/python:3.13"

PYTHON=/usr/bin/python3.13
SITE=/usr/lib/python3.13/site-packages
# What people and scripts call; the rest is called by Portage itself.
PROGRAMS=( dispatch-conf ebuild egencache emaint emerge env-update etc-update gpkg-sign portageq quickpkg )

src_unpack() {
	"${PYTHON}" -I -m zipfile -e "${DISTDIR}/${A}" "${S}" || die
}

# The wheel is made for a virtual environment: it would look for everything below the interpreter's prefix.
src_prepare() {
	default
	sed -i 's/"MODULE" == "/"SYSTEM" == "/' portage/installation.py || die
	sed -i -e 's#PORTAGE_BASE_PATH = """"""#PORTAGE_BASE_PATH = "/usr/lib/portage"#' \
		-e 's#PORTAGE_BIN_PATH = """"""#PORTAGE_BIN_PATH = "/usr/lib/portage/bin"#' portage/const.py || die
	[[ $(grep -c '"SYSTEM" == "' portage/installation.py) == 2 ]] || die "installation.py is not as expected"
	[[ $(grep -c '_PATH = "/usr/lib/portage' portage/const.py) == 2 ]] || die "const.py is not as expected"
	rm -r portage/tests "${P}".data/data/share/portage/doc || die
	mv "${P}".data/scripts/etc-update "${P}".data/data/lib/portage/bin/ || die
	# A repository of Gentoo's and its mirrors.
	: >"${P}".data/data/share/portage/config/repos.conf || die
}

src_install() {
	insinto "${SITE}"
	doins -r _emerge portage
	insinto "${SITE}/${P}.dist-info"
	doins "${P}".dist-info/{METADATA,WHEEL,entry_points.txt}
	insinto /usr/lib
	doins -r "${P}".data/data/lib/portage
	insinto /usr/share
	doins -r "${P}".data/data/share/portage
	insinto /etc
	doins "${P}".data/data/etc/*
	keepdir /etc/portage
	# Wheels have no links and, unpacked so, no modes: a script is what says so in its first line.
	local file name
	while IFS= read -r -d '' file; do
		[[ $(head -c 2 "${file}") == '#!' ]] || continue
		sed -i "1s|^#! */usr/bin/env python.*|#!${EPREFIX}${PYTHON}|" "${file}" || die
		chmod 0755 "${file}" || die
	done < <(find "${ED}/usr/lib/portage/bin" -type f -print0)
	for name in "${PROGRAMS[@]}"; do
		[[ -x ${ED}/usr/lib/portage/bin/${name} ]] || die "${name} is missing"
		dosym "../lib/portage/bin/${name}" "/usr/bin/${name}"
	done
	"${PYTHON}" -I -m compileall -q -j2 --invalidation-mode unchecked-hash -s "${D}" -p / "${ED}${SITE}" || die
}
