#!/bin/bash
# Cleans a finished stage root before it is archived. Runs on the host's tools, in a mount namespace of its own that holds
# nothing but the assembled root: no live mount is below it.
# Usage: clean.sh ROOT [--empty DIR]… [--rm PATH]… [--rm-empty FILE]… [--rm-matching PATTERN]… [--rmdir DIR]… [--portage DIR]…
#   [--file|--repo SOURCE TARGET]… [--then PROGRAM ARGUMENT…]
#   --empty  empties a folder of the root (a link to a folder is left alone; a line on standard output is a warning)
#   --rm     removes a file or folder of the root
#   --rm-empty  removes a file without contents: a mount point
#   --rm-matching  removes what a shell's pattern finds in the root
#   --rmdir  removes an empty folder that no package has: another mount point
#   --portage  gives a folder, which is made if it is not there, and all in it to the root's user and group portage
#   --file   puts a copy of SOURCE (host), a file, at TARGET (in the root)
#   --repo   archives an ebuild repo: a copy of SOURCE (host) becomes TARGET (in the root)
#   --then   becomes this program at the end
set -Eeuo pipefail

root=$(realpath -e "$1")
shift

if [[ -z $(find "${root}" -xdev -type f -print -quit) ]]; then
	echo "the script of the stage succeeded, but has left no file in the root: nothing was merged into it" >&2
	exit 1
fi

# Usage: inside PATH   sets `path` to where PATH of the root really is; fails when its folder is not there, or
#   links lead out of the root, and of a path that is no name in a folder
inside() {
	local parent
	path=/${1#/}
	while [[ ${path} == ?*/ ]]; do path=${path%/}; done
	# Before bash 5.2 a pattern such as /.* finds these two.
	[[ ${path##*/} != @(''|.|..) ]] || return 1
	parent=$(realpath -m "${root}${path%/*}")
	if [[ ${parent} != "${root}" && ${parent} != "${root}"/* ]]; then
		# The root is not "/" here: an absolute link leads to the host.
		echo "${1//[[:cntrl:]]/?} is behind a link that leads out of the root; it is left as it is"
		return 1
	fi
	[[ -d ${parent} ]] || return 1
	path=${parent}/${path##*/}
}

# Usage: empty DIR   deletes what is in a folder of the root, but not through a link
empty() {
	local path
	inside "$1" || return 0
	if [[ -L ${path} ]]; then
		echo "$1 is a link; it is not emptied"
	elif [[ -d ${path} ]]; then
		find "${path}" -xdev -mindepth 1 -delete
	fi
}

# Usage: remove PATH   deletes a file, link or folder of the root, if it is there
remove() {
	local path
	inside "$1" || return 0
	[[ ! -e ${path} && ! -L ${path} ]] || find "${path}" -xdev -delete
}

# Usage: remove_matching PATTERN   deletes what a shell's pattern finds in the root
remove_matching() {
	local path
	# A package may have a name with a line break in it.
	while IFS= read -r -d '' path; do
		remove "${path#.}"
	done < <(cd "${root}" && shopt -s nullglob && IFS= && for path in .$1; do printf '%s\0' "${path}"; done)
}

# Usage: remove_empty FILE   deletes a file of the root that has no contents
remove_empty() {
	local path
	inside "$1" || return 0
	[[ ! -f ${path} || -L ${path} || -s ${path} ]] || rm -f -- "${path}"
}

# Usage: remove_folder DIR   deletes a folder of the root that is empty and no package's
remove_folder() {
	local path
	inside "$1" || return 0
	[[ -d ${path} && ! -L ${path} ]] || return 0
	! grep -qsxF "dir $1" "${root}"/var/db/pkg/*/*/CONTENTS || return 0
	rmdir --ignore-fail-on-non-empty -- "${path}"
}

# Usage: id_of FILE   sets `id` to the number of portage in an account file of the root; to Gentoo's own where it has none
id_of() {
	local path name number
	id=250
	inside "$1" || return 0
	while IFS=: read -r name _ number _; do
		[[ ${name} != portage || ! ${number} =~ ^[0-9]+$ ]] || { id=${number}; return; }
	done < <(cat "${path}" 2>/dev/null)
}

# Usage: give_to_portage DIR   which is made if it is not there
give_to_portage() {
	local path owner id
	inside "$1" || return 0
	[[ -e ${path} || -L ${path} ]] || mkdir -m 0755 -- "${path}"
	[[ -d ${path} && ! -L ${path} ]] || return 0
	id_of /etc/passwd
	owner=${id}
	id_of /etc/group
	chown -hR -- "${owner}:${id}" "${path}"
}

# Usage: put_copy SOURCE TARGET   SOURCE of the host, a file or an ebuild repo, takes the place of TARGET in the root
put_copy() {
	local path
	if ! mkdir -p "${root}/$(dirname "$2")" 2>/dev/null || ! inside "$2" >/dev/null; then
		echo "$2 cannot be put into the root: a folder above it is a link that leads out of the root, or no folder" >&2
		exit 1
	fi
	[[ ! -e ${path} ]] || find "${path}" -xdev -delete
	if [[ -d $1 ]]; then
		# A checkout's times, modes, ACLs, attributes, hard links and holes are those of who made it; only the execute bits mean
		# something. A clone has the holes of what it was made of.
		(umask 022 && cp -PR --reflink=never --sparse=never -- "$1" "${path}")
		chmod -R u=rwX,go=rX -- "${path}"
	else
		cp -a --no-preserve=ownership -- "$1" "${path}"
	fi
}

for folder in /tmp /var/tmp /run /var/cache/distfiles /var/cache/binpkgs /var/cache/edb /var/log/portage; do
	empty "${folder}"
done
# ldconfig's own cache names inodes of the disk that the stage ran on.
for path in /var/cache/ldconfig/aux-cache /etc/machine-id /etc/resolv.conf /etc/portage/patches \
	/etc/portage/package.mask/bootstrap_sdk /var/cache/carried /var/cache/configure-answers /var/log/emerge.log /var/log/emerge-fetch.log; do
	remove "${path}"
done
if inside /etc/portage/package.mask && [[ -d ${path} && ! -L ${path} ]]; then
	rmdir --ignore-fail-on-non-empty -- "${path}"
fi
# Backups that account tools leave (passwd-, group-).
while IFS= read -r -d '' file; do
	rm -f -- "${file}"
done < <(find "${root}/etc" -maxdepth 1 -name '*-' -type f -print0)

while (($# > 0)); do
	case $1 in
		--empty) empty "$2"; shift 2 ;;
		--rm) remove "$2"; shift 2 ;;
		--rm-empty) remove_empty "$2"; shift 2 ;;
		--rm-matching) remove_matching "$2"; shift 2 ;;
		--rmdir) remove_folder "$2"; shift 2 ;;
		--portage) give_to_portage "$2"; shift 2 ;;
		--file|--repo) put_copy "$2" "$3"; shift 3 ;;
		--then) shift; exec "$@" ;;
		*) echo "clean: unknown argument $1" >&2; exit 2 ;;
	esac
done
