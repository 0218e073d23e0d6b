#!/bin/bash
# Brings what is generated in the ebuild repositories up to date: each package's Manifest and metadata/md5-cache.
# Usage: update-repos.sh ROOT DISTFILES REPO...
#   ROOT       a root with Portage to work in; it is only read, what is written goes to a temporary folder
#   DISTFILES  folder that holds every distfile under its own name (the project's `fetch` verb fills one)
#   REPO       the repositories, masters before those that build on them
# Needs root (private mount namespace, chroot). Digests come from the files in DISTFILES: look at what changes before
# committing it. Commit the repositories before, so that git shows it.
set -Eeuo pipefail

# Usage: die TEXT
die() {
	printf 'update-repos.sh: %s\n' "$*" >&2
	exit 1
}

# Usage: name_of REPO
name_of() {
	local name
	read -r name <"$1/profiles/repo_name" || die "$1 is not a repository: it has no profiles/repo_name"
	printf '%s\n' "${name}"
}

# Usage: prepare ROOT SCRATCH DISTFILES REPO…; everything the chroot sees is below SCRATCH/root.
# Runs in a private mount namespace, which ends with this process.
prepare() {
	local root=$1 scratch=$2 distfiles=$3 repo name first=
	shift 3
	mount --make-rprivate /
	mount -t tmpfs -o mode=0755 tmpfs "${scratch}"
	mkdir "${scratch}"/{upper,work,root}
	mount -t overlay -o "lowerdir=${root},upperdir=${scratch}/upper,workdir=${scratch}/work" overlay "${scratch}/root"
	mount -t proc proc "${scratch}/root/proc"
	mount --rbind /dev "${scratch}/root/dev"
	mkdir -p "${scratch}/root/mnt"/{repos,distfiles} "${scratch}/root/etc/portage"
	mount --bind "${distfiles}" "${scratch}/root/mnt/distfiles"
	rm -rf "${scratch}/root/etc/portage/repos.conf"
	for repo; do
		name=$(name_of "${repo}")
		[[ -n ${first} ]] || printf '[DEFAULT]\nmain-repo = %s\n' "${first:=${name}}"
		mkdir "${scratch}/root/mnt/repos/${name}"
		mount --bind "${repo}" "${scratch}/root/mnt/repos/${name}"
		printf '[%s]\nlocation = /mnt/repos/%s\n' "${name}" "${name}"
	done >"${scratch}/root/etc/portage/repos.conf"
	# Any profile will do: Manifests and the cache do not depend on it.
	rm -f "${scratch}/root/etc/portage/make.profile"
}

# Usage: in_root SCRATCH COMMAND…
in_root() {
	local scratch=$1
	shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DISTDIR=/mnt/distfiles \
		FEATURES="-userfetch -userpriv -network-sandbox -pid-sandbox -ipc-sandbox -mount-sandbox" \
		chroot "${scratch}/root" "$@"
}

# Usage: manifests SCRATCH NAME; NAME is a repository's.
manifests() {
	local scratch=$1 name=$2 folder ebuilds
	for folder in "${scratch}/root/mnt/repos/${name}"/*/*/; do
		ebuilds=("${folder}"*.ebuild)
		[[ -e ${ebuilds[0]} ]] || continue
		# Newest digests for all: a stale entry would otherwise stay.
		[[ ! -e ${folder}Manifest ]] || mv "${folder}Manifest" "${folder}.Manifest.old"
		if ! in_root "${scratch}" ebuild "${ebuilds[0]#"${scratch}/root"}" manifest >/dev/null; then
			[[ ! -e ${folder}.Manifest.old ]] || mv "${folder}.Manifest.old" "${folder}Manifest"
			die "no Manifest could be made for ${ebuilds[0]#"${scratch}/root/mnt/repos/"}: is there a distfile missing?"
		fi
		rm -f "${folder}.Manifest.old"
	done
}

# Usage: cache SCRATCH NAME
cache() {
	local scratch=$1 name=$2
	rm -rf "${scratch}/root/mnt/repos/${name}/metadata/md5-cache"
	in_root "${scratch}" egencache --update --repo "${name}" --jobs 2
	if grep -rlE '/mnt/repos|/mnt/distfiles' "${scratch}/root/mnt/repos/${name}/metadata/md5-cache"; then
		die "the cache of ${name} names folders of this run"
	fi
}

# Usage: main ROOT DISTFILES REPO…; as the script, inside its namespaces.
main() {
	local root=$1 distfiles=$2 repo
	shift 2
	[[ -x ${root}/usr/bin/egencache ]] || die "${root} has no Portage: /usr/bin/egencache is missing"
	scratch=$(mktemp -d)
	# Only the mount point is on a disk; nothing below it is deleted.
	trap 'umount --recursive --lazy "${scratch}" && rmdir "${scratch}"' EXIT
	prepare "${root}" "${scratch}" "${distfiles}" "$@"
	in_root "${scratch}" sh -c "cd /etc/portage && for p in /mnt/repos/*/profiles/profiles.desc; do
		set -- \$(grep -v '^#' \"\$p\" | head -n 1)
		ln -sfn \"\${p%/profiles.desc}/\$2\" make.profile
	done"
	for repo; do
		manifests "${scratch}" "$(name_of "${repo}")"
		cache "${scratch}" "$(name_of "${repo}")"
	done
}

if (($# < 3)); then
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" >&2
	exit 2
fi
if [[ ${UPDATE_REPOS_INSIDE:-} != 1 ]]; then
	arguments=()
	for path; do
		arguments+=("$(realpath -e "${path}")")
	done
	UPDATE_REPOS_INSIDE=1 exec unshare --mount --net --pid --fork --kill-child --propagation private "$0" "${arguments[@]}"
fi
main "$@"
