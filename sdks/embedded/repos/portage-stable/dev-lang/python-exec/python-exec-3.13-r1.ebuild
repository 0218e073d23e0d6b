# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="The names python and python3: which of the installed versions they are"
HOMEPAGE="https://www.python.org/"
S="${WORKDIR}"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"

RDEPEND="dev-lang/python:${PV}"

src_install() {
	dosym "python${PV}" /usr/bin/python3
	dosym python3 /usr/bin/python
}
