# Distributed under the terms of the MIT license

EAPI=8

DESCRIPTION="Folders, links and account files that everything else is installed into"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
S="${WORKDIR}"

LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64 arm64"
IUSE="build"

# Empty folders of a running system are no package's payload: a stage may have live mounts there.
make_mount_points() {
	local dir
	for dir in dev home media mnt opt proc root run srv sys tmp usr/{bin,sbin,lib} var/{cache,db,lib,log,spool,tmp}; do
		[[ -d ${EROOT}/${dir} ]] || mkdir -p "${EROOT}/${dir}" || die
	done
	chmod 0700 "${EROOT}/root" || die
	chmod 1777 "${EROOT}/tmp" "${EROOT}/var/tmp" || die
}

src_install() {
	local dir
	# /usr is merged: everything else may say /bin or /usr/bin. All libraries are in one folder.
	for dir in bin sbin lib; do
		dosym "usr/${dir}" "/${dir}"
	done
	dosym usr/lib /lib64
	dosym lib /usr/lib64
	dosym ../run /var/run
	dosym ../run/lock /var/lock
	insinto /etc
	doins "${FILESDIR}"/{passwd,group,hosts,host.conf,nsswitch.conf,profile,shells}
	insopts -m 0600
	newins "${FILESDIR}"/shadow shadow
}

pkg_preinst() {
	make_mount_points
}

pkg_postinst() {
	make_mount_points
}
