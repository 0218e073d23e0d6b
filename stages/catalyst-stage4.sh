#!/bin/bash
# What stage 4 does after its packages when catalyst runs it: the SDK's own configuration, the root overlay, the cross
# toolchains. Catalyst starts it in the chroot (stage4/fsscript), after it has put the script's input into /run.
# Usage: catalyst-stage4.sh   (no arguments)

set -- run
# shellcheck disable=SC1091 # catalyst's copy of the envscript
source /tmp/envscript
# shellcheck source=stages/lib/contract.sh
source /run/bootstrap_sdk/stage/lib/contract.sh
# shellcheck source=stages/lib/portage.sh
source "${BOOTSTRAP_SDK}/stage/lib/portage.sh"
# shellcheck source=stages/lib/carry.sh
source "${BOOTSTRAP_SDK}/stage/lib/carry.sh"
# shellcheck source=stages/lib/crossdev.sh
source "${BOOTSTRAP_SDK}/stage/lib/crossdev.sh"
# shellcheck source=stages/lib/toolchains.sh
source "${BOOTSTRAP_SDK}/stage/lib/toolchains.sh"
# shellcheck source=stages/lib/tailor.sh
source "${BOOTSTRAP_SDK}/stage/lib/tailor.sh"

# Usage: link_repos   where the configuration has a repo that the SDK does not archive there, leads to where catalyst has it
link_repos() {
	local location mounted
	while IFS='=' read -r location mounted; do
		[[ ! -e ${location} ]] || continue
		mkdir -p "${location%/*}"
		ln -s "${mounted}" "${location}"
		links+=("${location}")
	done <"${BOOTSTRAP_SDK}/repos"
}

# Usage: unlink_repos   takes away the links that link_repos has made
unlink_repos() {
	local location
	for location in "${links[@]}"; do
		rm "${location}"
		rmdir -p --ignore-fail-on-non-empty "${location%/*}"
	done
}

# From here on the SDK's own configuration holds: catalyst's is not needed any more.
declare -a links=()
rm -rf /etc/portage
install_configuration /
link_repos
install_cross_overlay
setup_portage toolchain
copy_root_overlay
install_toolchains
run_fsscript
unlink_repos
env-update
