#!/bin/bash
# Makes a distribution's root into an SDK: Portage merges the packages of the generated repos into an empty root. "/" is
# the distribution's root, read-only; what no package installs does not get into the seed.
# Usage: seed.sh run

# shellcheck source=stages/lib/contract.sh
source "${BASH_SOURCE[0]%/*}/lib/contract.sh"
# shellcheck source=stages/lib/portage.sh
source "${BASH_SOURCE[0]%/*}/lib/portage.sh"

# Usage: all_packages   every package of the configured repos but baselayout
all_packages() {
	python3 -c 'import portage; print("\n".join(sorted(cp for cp in portage.portdb.cp_all() if cp != "sys-apps/baselayout")))'
}

export ROOT=${STAGE_ROOT}
mapfile -t options < <(parallel_options none)
EMERGE_DEFAULT_OPTS="--quiet-build=y --jobs=$(argument jobs) ${options[*]}"
export EMERGE_DEFAULT_OPTS
phase 'merge baselayout'
emerge --oneshot --nodeps sys-apps/baselayout
phase 'merge the packages of the distribution'
mapfile -t packages < <(all_packages)
emerge --oneshot --nodeps "${packages[@]}"
phase 'copy the repos and the configuration'
repos=$(portageq get_repos /)
for repo in ${repos}; do
	location=$(portageq get_repo_path / "${repo}")
	mkdir -p "${STAGE_ROOT}${location%/*}"
	cp -a "${location}" "${STAGE_ROOT}${location}"
	# A checkout's modes are those of who made it; only the execute bits mean something.
	chmod -R u=rwX,go=rX "${STAGE_ROOT}${location}"
done
# Else stage 1, in which the repos are read-only, would source each ebuild whenever it asks Portage.
configuration=$(sed "s|^location = |&${STAGE_ROOT}|" /etc/portage/repos.conf/*)
for repo in ${repos}; do
	egencache --repo="${repo}" --update --jobs="$(argument jobs)" --repositories-configuration="${configuration}"
done
mkdir -p "${STAGE_ROOT}/etc/portage"
cp -a "${BOOTSTRAP_SDK}/portage/." "${STAGE_ROOT}/etc/portage/"
: >"${STAGE_ROOT}/var/lib/portage/world"
# Two seeds of the same packages have the same bytes: Portage's times of its last run, and inodes of this disk, are left out.
rm -f "${STAGE_ROOT}/var/cache/edb/mtimedb" "${STAGE_ROOT}/var/cache/ldconfig/aux-cache"
