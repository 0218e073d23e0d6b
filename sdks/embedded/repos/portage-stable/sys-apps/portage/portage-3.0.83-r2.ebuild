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

INTERPRETER=/usr/bin/python3.13
SITE=/usr/lib/python3.13/site-packages
PATCHES=(
	"${FILESDIR}/${P}-system-wide.patch"
	"${FILESDIR}/${P}-noop-phases.patch"
	"${FILESDIR}/${P}-fewer-processes.patch"
)

# What people and scripts call; the rest is called by Portage itself.
PROGRAMS=( dispatch-conf ebuild egencache emaint emerge env-update etc-update gpkg-sign portageq quickpkg )

src_unpack() {
	"${INTERPRETER}" -I -m zipfile -e "${DISTDIR}/${A}" "${S}" || die
}

src_prepare() {
	default
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
		sed -i "1s|^#! */usr/bin/env python.*|#!${EPREFIX}${INTERPRETER}|" "${file}" || die
		chmod 0755 "${file}" || die
	done < <(find "${ED}/usr/lib/portage/bin" -type f -print0)
	for name in "${PROGRAMS[@]}"; do
		[[ -x ${ED}/usr/lib/portage/bin/${name} ]] || die "${name} is missing"
		dosym "../lib/portage/bin/${name}" "/usr/bin/${name}"
	done
	"${INTERPRETER}" -I -m compileall -q -j2 --invalidation-mode unchecked-hash -s "${D}" -p / "${ED}${SITE}" || die
}
