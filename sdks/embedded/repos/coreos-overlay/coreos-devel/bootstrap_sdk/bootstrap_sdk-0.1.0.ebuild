# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="The very program that built this SDK, to build the next one with it"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
# The program itself is in files/program, put there by the run that builds (sdk.toml, "program").
SRC_URI="
	mirror://npm/commander/-/commander-14.0.3.tgz
	mirror://npm/smol-toml/-/smol-toml-1.9.1.tgz
	mirror://npm/valibot/-/valibot-1.5.0.tgz
"
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
	>=net-libs/nodejs-20.19
	sys-apps/coreutils
	sys-apps/findutils
	sys-apps/util-linux
"

src_unpack() {
	local file name description="${FILESDIR}/program/package.json"
	[[ -f ${description} ]] || die "the program is not here: only a run of bootstrap_sdk itself builds this package"
	grep -q "^  \"version\": \"${PV}\",$" "${description}" || die "${description} is not version ${PV}"
	for file in ${A}; do
		name=${file%-*}
		mkdir -p "node_modules/${name}" || die
		tar -xf "${DISTDIR}/${file}" --strip-components=1 --no-same-owner -C "node_modules/${name}" || die
	done
}

src_prepare() {
	default
	# Declarations are for compilers, the other formats for other programs.
	find node_modules -name '*.d.*ts' -delete || die
}

src_install() {
	local target=/usr/lib/bootstrap_sdk
	dodir "${target}"
	cp -R "${FILESDIR}/program/." node_modules "${ED}${target}/" || die
	dosym "../lib/bootstrap_sdk/bootstrap_sdk" /usr/bin/bootstrap_sdk
}
