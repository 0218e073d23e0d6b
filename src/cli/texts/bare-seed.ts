// What `init --bare` writes for the first seed: which packages of the distribution it is made of, and a script that makes plain files
// of what their installation makes.

/** The files by their paths. */
export const bareSeedFiles = (portage: {
  readonly version: string
  readonly sha256: string
}): Record<string, string> => ({
  'seed/groups.toml': groupsText(portage),
  'seed/prepare.sh': PREPARE,
})

const groupsText = ({
  version,
  sha256,
}: {
  readonly version: string
  readonly sha256: string
}): string => `# How packages of Debian and Ubuntu become the two packages that the first seed has beside baselayout: Portage, and all else.
# docs/sdk-definition.md, "Distribution seed".
format = 1

# What is installed, beside the distribution's essential packages; what these need comes along. A compiler is "gcc" here.
include = [
  "bash", "bzip2", "diffutils", "file", "findutils", "gawk", "grep", "gzip", "mount", "patch", "perl-base", "python3", "sed", "tar",
  "util-linux", "xz-utils", "zstd",
]

exclude_files = [
  "/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*", "/usr/share/bug/*",
  "/usr/share/bash-completion/*", "/usr/share/doc-base/*",
  # Programs and modules that need libraries which nothing else needs.
  "*/bin/su", "*/sbin/runuser", "*/sbin/hwclock", "/usr/lib/python3*/lib-dynload/_dbm*", "/usr/lib/python3*/lib-dynload/_gdbm*",
  "/usr/lib/python3*/lib-dynload/nis*",
]

# Their part is Portage's, or they only served to install the others.
drop = [
  "adduser", "apt*", "base-files", "base-passwd", "ca-certificates", "dash", "debconf*", "debian-archive-keyring", "dpkg*",
  "e2fsprogs", "gpgv*", "hostname", "init-system-helpers", "libapt-pkg*", "libaudit*", "libc-l10n", "libdb5*", "libdebconfclient0",
  "libgdbm*", "libnsl*", "libpam*", "libperl*", "libseccomp2", "libtirpc*", "locales", "login*", "logsave", "mawk", "media-types",
  "ncurses-bin", "netbase", "openssl*", "passwd", "perl", "perl-modules*", "rpcsvc-proto", "sensible-utils", "sysvinit-utils", "tzdata",
  "ubuntu-keyring", "usr-is-merged", "usrmerge",
]

# Ebuilds of this definition that the seed has, too.
copy = ["sys-apps/baselayout"]
prepare = "prepare.sh"

[portage]
version = "${version}"
sha256 = "${sha256}"

[[group]]
package = "sys-apps/portage"
version = "${version}"
extra = [
  "/usr/lib/python3/dist-packages/portage", "/usr/lib/python3/dist-packages/portage/*", "/usr/lib/python3/dist-packages/portage-*",
  "/usr/lib/python3/dist-packages/_emerge", "/usr/lib/python3/dist-packages/_emerge/*", "/usr/lib/portage", "/usr/lib/portage/*",
  "/usr/share/portage", "/usr/share/portage/*", "/usr/bin/ebuild", "/usr/bin/egencache", "/usr/bin/emerge", "/usr/bin/emaint",
  "/usr/bin/env-update", "/usr/bin/portageq", "/usr/bin/quickpkg", "/usr/bin/gpkg-sign", "/usr/bin/etc-update",
  "/usr/bin/dispatch-conf", "/etc/etc-update.conf", "/etc/dispatch-conf.conf",
]
depend = ["sys-apps/host"]

# Give what you have an ebuild for a group of its own, before this one.
[[group]]
package = "sys-apps/host"
version = "1"
debs = ["*"]
extra = ["/etc/env.d/00host", "/usr/bin/awk", "/usr/bin/python", "/usr/bin/sh", "/usr/lib/python3*"]
`

const PREPARE = `#!/bin/bash
# Runs inside the distribution's root, before its files are assigned to packages: makes plain files of links and caches that
# belong to no package. Works on /, without arguments and without network.
set -Eeuo pipefail
shopt -s nullglob

# Links of the alternatives system become direct ones.
for link in /usr/bin/* /usr/sbin/*; do
	[[ -L \${link} && $(readlink "\${link}") == /etc/alternatives/* ]] || continue
	target=$(readlink -f "\${link}") || true
	rm "\${link}"
	[[ -z \${target} || ! -e \${target} ]] || ln -s "$(realpath --relative-to="\${link%/*}" "\${target}")" "\${link}"
done
ln -sfn gawk /usr/bin/awk
ln -sfn bash /usr/bin/sh
ln -sfn python3 /usr/bin/python

# Portage's env-update writes ld.so.conf from LDPATH; the distribution has its libraries in a folder of its tuple.
mkdir -p /etc/env.d
for library in /usr/lib/*/libc.so.6; do
	printf 'LDPATH="%s"\\n' "\${library%/*}" >/etc/env.d/00host
done
rm -rf /etc/ld.so.conf.d

# The root of a stage is read-only, so Python could not keep its byte code there; by hash it does not depend on times.
find /usr/lib/python3* -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3*/ || true
`
