# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="The very program that built this SDK, to build the next one with it"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
# The program itself is in files/program, put there by the run that builds (sdk.toml, "program").
S="${WORKDIR}"

LICENSE="MIT BSD"
SLOT="0"
KEYWORDS="amd64 arm64"

# What it starts on the machine that it runs on.
RDEPEND="
	app-arch/lbzip2
	app-arch/tar
	app-arch/xz-utils
	app-arch/zstd
	app-shells/bash
	dev-lang/perl
	>=net-libs/nodejs-20.19
	sys-apps/coreutils
	sys-apps/findutils
	sys-apps/util-linux
"

src_unpack() {
	local description="${FILESDIR}/program/package.json"
	[[ -f ${description} ]] || die "the program is not here: only a run of bootstrap_sdk itself builds this package"
	grep -q "^  \"version\": \"${PV}\",$" "${description}" || die "${description} is not version ${PV}"
}

src_install() {
	local target=/usr/lib/bootstrap_sdk
	dodir "${target}"
	cp -R "${FILESDIR}/program/." "${ED}${target}/" || die
	dosym "../lib/bootstrap_sdk/bootstrap_sdk" /usr/bin/bootstrap_sdk
}
