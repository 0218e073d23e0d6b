#!/usr/bin/env bash
# Runs a command on a machine that looks as if it had the repos of FOLDER at /var/gentoo/repos, as the SDK of Flatcar's container
# has. Usage: plant-repos.sh FOLDER NEW COMMAND…; NEW is an empty folder. Meant to be run by `unshare --mount`: nothing of it is seen,
# or stays, on the host.
set -Eeuo pipefail

folder=$1 new=$2
shift 2

# A new /var beside the old one, whose folders are in it: nothing is made in the machine's own.
mount -t tmpfs -o mode=755 planted "$new"
for entry in /var/*; do
	name=$new/${entry##*/}
	if [[ $entry == /var/gentoo ]]; then
		continue
	elif [[ -L $entry || ! -d $entry ]]; then
		cp -a "$entry" "$name"
	else
		mkdir "$name"
		mount --rbind "$entry" "$name"
	fi
done
mkdir "$new/gentoo"
cp -a "$folder" "$new/gentoo/repos"
mount --rbind "$new" /var
"$@"
