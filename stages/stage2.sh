#!/bin/bash
# Stage 2: the toolchain that builds the SDK, made by the main repo's bootstrap script inside a clone of stage 1's root.
# Usage: stage2.sh prepare|run

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

# What is there already is stage 1's, linked with the seed: all that the script names is merged anew. --newuse would leave it.
EMERGE_DEFAULT_OPTS+=' --selective=n'

script=${MAIN_REPO}/$(argument bootstrap)
[[ -x ${script} ]] || fail "the main repo has no bootstrap script ${script}"
phase "run ${script##*/}"
if [[ ${ACTION} == run ]]; then
	"${script}" -v -r
	restore_locales
	world_is_empty
	list_packages /
else
	note "${script}" -v
	list_distfiles
fi
