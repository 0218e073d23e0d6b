# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers

DESCRIPTION="Archiver of the .tar format"
HOMEPAGE="https://www.gnu.org/software/tar/"
SRC_URI="mirror://debian/pool/main/t/tar/tar_${PV}+dfsg.orig.tar.xz"
S="${WORKDIR}/${P}+dfsg"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="acl"

# The distribution's, which a first seed has, come without headers: hence the versions.
RDEPEND="acl? ( >=sys-apps/acl-2.3.2 )"
DEPEND="${RDEPEND}"

src_configure() {
	# Extended attributes need nothing but libc; stages are archived by root, which configure takes offence at.
	FORCE_UNSAFE_CONFIGURE=1 econf-answered \
		$(use_enable acl) \
		--disable-nls \
		$(use_with acl posix-acls) \
		--without-selinux \
		--with-xattrs
}

src_compile() {
	emake -C gnu
	emake -C lib
	emake -C src
}

src_install() {
	dobin src/tar
	dosym tar /usr/bin/gtar
	doman doc/tar.1
}
