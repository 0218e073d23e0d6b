#!/bin/bash
# Stage 4: what makes a base system an SDK: its tools and the cross toolchains, inside a clone of stage 3's root.
# Usage: stage4.sh prepare|run

# shellcheck source=stages/lib/contract.sh
source "${BASH_SOURCE[0]%/*}/lib/contract.sh"
# shellcheck source=stages/lib/portage.sh
source "${BASH_SOURCE[0]%/*}/lib/portage.sh"
# shellcheck source=stages/lib/carry.sh
source "${BASH_SOURCE[0]%/*}/lib/carry.sh"

# Usage: install_cross_overlay   the overlay that holds the cross toolchains' categories, made by the engine
install_cross_overlay() {
	local overlay
	overlay=$(argument cross_overlay)
	mkdir -p "${overlay}"
	cp -a "${BOOTSTRAP_SDK}/cross-overlay/." "${overlay}/"
}

enter_stage_root "$@"
install_configuration /
install_cross_overlay
setup_portage toolchain
[[ ${ACTION} == run ]] || carry_packages

declare -a packages=() cross=() atoms=()
arguments packages packages
phase "merge ${packages[*]}"
merge --update "${packages[@]}"
arguments cross cross
for chost in "${cross[@]}"; do
	arguments "cross.${chost}" atoms
	phase "merge the cross toolchain ${chost}"
	merge --update --oneshot "${atoms[@]}"
done

if [[ ${ACTION} == run ]]; then
	phase 'copy the root overlay'
	cp -a "${BOOTSTRAP_SDK}/root-overlay/." /
	env-update
	list_packages /
else
	list_distfiles
fi
