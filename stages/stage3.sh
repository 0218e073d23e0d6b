#!/bin/bash
# Stage 3: the base system, every package of the set merged anew inside a clone of stage 2's root.
# Usage: stage3.sh prepare|run

# shellcheck source=stages/lib/contract.sh
source "${BASH_SOURCE[0]%/*}/lib/contract.sh"
# shellcheck source=stages/lib/portage.sh
source "${BASH_SOURCE[0]%/*}/lib/portage.sh"
# shellcheck source=stages/lib/carry.sh
source "${BASH_SOURCE[0]%/*}/lib/carry.sh"
# shellcheck source=stages/lib/locale.sh
source "${BASH_SOURCE[0]%/*}/lib/locale.sh"

enter_stage_root "$@"
install_configuration /
setup_portage toolchain
protect_locales
[[ ${ACTION} == run ]] || carry_packages

declare -a packages=() first=() globs=()
arguments packages packages
arguments first first
arguments carry globs
for package in "${first[@]}"; do
	is_carried "${package}" "${globs[@]}" && continue
	phase "merge ${package}, which the others are built with"
	# Its binary package is what the merge of all takes afterwards.
	merge --jobs=1 --oneshot --selective=n "${package}"
done
phase "merge ${packages[*]}"
merge --emptytree --update --deep --with-bdeps=y --oneshot "${packages[@]}"
if [[ ${ACTION} == run ]]; then
	restore_locales
	phase 'remove what nothing needs'
	emerge --depclean --with-bdeps=y
	world_is_empty
	list_packages /
else
	list_distfiles
fi
