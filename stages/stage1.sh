#!/bin/bash
# Stage 1: a minimal toolchain in an empty root, from the ebuild repos inside the seed, as a rule. "/" is the seed.
# Usage: stage1.sh prepare|run

# shellcheck source=stages/lib/contract.sh
source "${BASH_SOURCE[0]%/*}/lib/contract.sh"
# shellcheck source=stages/lib/portage.sh
source "${BASH_SOURCE[0]%/*}/lib/portage.sh"
# shellcheck source=stages/lib/carry.sh
source "${BASH_SOURCE[0]%/*}/lib/carry.sh"
# shellcheck source=stages/lib/locale.sh
source "${BASH_SOURCE[0]%/*}/lib/locale.sh"

# BOOTSTRAP_USE, and the package list: the profile's packages.build (catalyst does so). Both passes have the same.
readonly PACKAGES_BUILD=${OUTPUT}/packages-build

# Usage: seed_packages   prints what is installed in "/", each with the number of its merge
seed_packages() {
	local folder
	for folder in /var/db/pkg/*/*/; do
		[[ -f ${folder}COUNTER ]] || continue
		folder=${folder%/}
		printf '%s\t%s\n' "${folder#/var/db/pkg/}" "$(<"${folder}/COUNTER")"
	done | sort
}

# Usage: list_merged_into_seed   says, and writes down for the record, what "/" has since `before` was taken
list_merged_into_seed() {
	local -a merged
	mapfile -t merged < <(comm -13 <(printf '%s\n' "${before}") <(seed_packages) | cut -f 1)
	printf '%s\n' "${merged[@]}" | sed '/^$/d' >"${OUTPUT}/seed-packages"
	((${#merged[@]} == 0)) || event info "merged into a copy of the seed, which is thrown away: ${merged[*]}"
}

# Anew in each pass: set_use changes it.
install_configuration /
setup_portage none
[[ ${ACTION} == run ]] || carry_packages

phase 'read packages.build'
[[ ${ACTION} == run ]] || python3 "${BASH_SOURCE[0]%/*}/lib/packages-build.py" >"${PACKAGES_BUILD}"
mapfile -t packages <"${PACKAGES_BUILD}"
bootstrap_use=${packages[0]-}
packages=("${packages[@]:1}")
((${#packages[@]} > 0)) || fail "packages.build of the profile $(readlink -f /etc/portage/make.profile) and of its parents lists no package: stage 1 has nothing to merge"
before=$(seed_packages)
declare -a use=() update=()
arguments use use
arguments update_seed update

if ((${#update[@]} > 0)); then
	# "/" is then a copy of the seed that nobody else sees. It is not a package of stage 1 that is built here.
	phase 'update the packages of the seed'
	EMERGE_DEFAULT_OPTS="${EMERGE_DEFAULT_OPTS/${BINARY_OPTIONS}/--usepkg=n --buildpkg=n}" merge "${update[@]}"
fi

export ROOT=${STAGE_ROOT}
install_configuration "${STAGE_ROOT}"
# Folders and links first: every other package is installed into them.
phase 'merge baselayout'
set_use build
merge --oneshot --nodeps sys-apps/baselayout
set_language "${STAGE_ROOT}"
phase 'merge packages.build'
set_use "${use[*]} ${bootstrap_use}"
merge --oneshot --implicit-system-deps=n "${packages[@]}"

if [[ ${ACTION} == run ]]; then
	generate_locales "${STAGE_ROOT}"
	finish_stage1_root "${STAGE_ROOT}"
	list_packages "${STAGE_ROOT}"
	list_merged_into_seed
else
	list_distfiles
fi
