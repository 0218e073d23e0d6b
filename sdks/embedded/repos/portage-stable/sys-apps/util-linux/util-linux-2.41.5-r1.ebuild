# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers toolchain-funcs

DESCRIPTION="Programs and libraries for mounts, block devices, namespaces and processes"
HOMEPAGE="https://github.com/util-linux/util-linux"
SRC_URI="mirror://debian/pool/main/u/util-linux/util-linux_${PV}.orig.tar.xz"

LICENSE="GPL-2+ LGPL-2.1+ BSD"
SLOT="0"
KEYWORDS="amd64 arm64"

# The distribution's, which a first seed has, comes without headers: hence the version.
RDEPEND=">=dev-libs/libcap-ng-0.8.5"
DEPEND="${RDEPEND}"

src_unpack() {
	tar -xf "${DISTDIR}/${A}" --wildcards --wildcards-match-slash \
		--exclude='*.po' --exclude='*.gmo' --exclude='*/tests/expected/*' --exclude='*/tests/ts/*' \
		--exclude='*/ChangeLog*' --exclude='*/po-man/*/*' --exclude='*/Documentation/releases/*' || die
}

src_configure() {
	tc-export AR CC
	# No terminals, logins, disk partitions and daemons: an SDK is no running system.
	local -a conf=(
		--disable-agetty
		--disable-asciidoc
		--disable-bash-completion
		--disable-bfs
		--disable-cal
		--disable-chfn-chsh
		--disable-cramfs
		--disable-eject
		--disable-fdisks
		--disable-fsck
		--disable-hwclock
		--disable-irqtop
		--disable-last
		--disable-libfdisk
		--disable-liblastlog2
		--disable-login
		--disable-lslogins
		--disable-makeinstall-chown
		--disable-makeinstall-setuid
		--disable-makeinstall-tty-setgid
		--disable-mesg
		--disable-minix
		--disable-mkfs
		--disable-more
		--disable-nls
		--disable-nologin
		--disable-pam-lastlog2
		--disable-plymouth_support
		--disable-poman
		--disable-pylibmount
		--disable-raw
		--disable-rfkill
		--disable-rpath
		--disable-runuser
		--disable-setterm
		--disable-static
		--disable-su
		--disable-sulogin
		--disable-ul
		--disable-utmpdump
		--disable-uuidd
		--disable-wall
		--disable-wdctl
		--enable-usrdir-path
		--with-cap-ng
		--without-audit
		--without-btrfs
		--without-cryptsetup
		--without-econf
		--without-libiconv-prefix
		--without-libintl-prefix
		--without-libmagic
		--without-libz
		--without-ncurses
		--without-ncursesw
		--without-python
		--without-readline
		--without-selinux
		--without-slang
		--without-smack
		--without-systemd
		--without-tinfo
		--without-udev
		--without-user
		--without-utempter
	)
	econf-answered "${conf[@]}"
}

src_install() {
	emake DESTDIR="${D}" install
	# It knows no merged /usr.
	mv "${ED}"/bin/* "${ED}"/usr/bin/ || die
	mv "${ED}"/sbin/* "${ED}"/usr/sbin/ || die
	rmdir "${ED}"/{bin,sbin} || die
	rm -r "${ED}"/usr/share || die
	rm "${ED}/usr/$(get_libdir)"/*.la || die
}
