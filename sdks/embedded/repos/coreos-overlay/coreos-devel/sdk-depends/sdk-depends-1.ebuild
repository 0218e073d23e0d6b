# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="What an SDK holds beyond the system set; stage 4 installs it"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="full"

# The tools that building and unpacking other packages wants, and what builds the next SDK; in quick without what a
# distribution seed lacks.
RDEPEND="
	app-arch/bzip2
	app-arch/xz-utils
	app-arch/zstd
	coreos-devel/bootstrap_sdk
	dev-build/make
	sys-apps/file
	sys-devel/bison
	sys-devel/m4
	sys-devel/patch
	full? (
		sys-devel/flex
		sys-libs/libcap
	)
"
