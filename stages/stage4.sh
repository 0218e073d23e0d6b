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
# shellcheck source=stages/lib/toolchains.sh
source "${BASH_SOURCE[0]%/*}/lib/toolchains.sh"
# shellcheck source=stages/lib/tailor.sh
source "${BASH_SOURCE[0]%/*}/lib/tailor.sh"

enter_stage_root "$@"
install_configuration /
install_cross_overlay
setup_portage toolchain
[[ ${ACTION} == run ]] || carry_packages

declare -a packages=()
arguments packages packages
phase "merge ${packages[*]}"
merge --update "${packages[@]}"
if [[ ${ACTION} == run ]]; then
	phase 'copy the root overlay'
	copy_root_overlay
fi

install_toolchains

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
