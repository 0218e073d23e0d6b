#!/bin/bash
# Stage 4: what makes a base system an SDK: its tools and the cross toolchains, inside a clone of stage 3's root.
# Usage: stage4.sh prepare|run

# shellcheck source=stages/lib/contract.sh
source "${BASH_SOURCE[0]%/*}/lib/contract.sh"
# shellcheck source=stages/lib/portage.sh
source "${BASH_SOURCE[0]%/*}/lib/portage.sh"
# shellcheck source=stages/lib/carry.sh
source "${BASH_SOURCE[0]%/*}/lib/carry.sh"
# shellcheck source=stages/lib/crossdev.sh
source "${BASH_SOURCE[0]%/*}/lib/crossdev.sh"
# shellcheck source=stages/lib/tailor.sh
source "${BASH_SOURCE[0]%/*}/lib/tailor.sh"

# Usage: install_cross_overlay   the overlay that holds the cross toolchains' categories, made by the engine
install_cross_overlay() {
	local overlay
	overlay=$(argument cross_overlay)
	mkdir -p "${overlay}"
	cp -a "${BOOTSTRAP_SDK}/cross-overlay/." "${overlay}/"
}

# Usage: merge_toolchains CHOST…   from the overlay of the engine
merge_toolchains() {
	local chost
	local -a atoms
	for chost in "$@"; do
		arguments "cross.${chost}" atoms
		phase "merge the cross toolchain ${chost}"
		merge --update --oneshot "${atoms[@]}"
	done
}

enter_stage_root "$@"
install_configuration /
install_cross_overlay
setup_portage toolchain
[[ ${ACTION} == run ]] || carry_packages

declare -a packages=() cross=() use=()
arguments packages packages
arguments cross cross
arguments use use
[[ ${#use[@]} == 0 ]] || export USE="${use[*]}"
phase "merge ${packages[*]}"
merge --update "${packages[@]}"
if [[ ${ACTION} == run ]]; then
	phase 'copy the root overlay'
	copy_root_overlay
fi

if [[ $(argument crossdev) == yes ]]; then
	phase 'bring all packages up to date'
	merge --update --deep --newuse --with-bdeps=y @world
	select_python
	install_crossdev_toolchains "${cross[@]}"
else
	merge_toolchains "${cross[@]}"
fi

if [[ ${ACTION} == run ]]; then
	run_fsscript
	change_services
	unmerge_packages
	make_accounts
	env-update
	list_packages /
else
	list_distfiles
fi
