#!/bin/bash
# What stage 4 does after its packages when catalyst runs it: the SDK's own configuration, the cross toolchains. Catalyst
# starts it in the chroot (stage4/fsscript), after it has copied the root overlay, which brought /run/bootstrap_sdk.
# Usage: catalyst-stage4.sh   (no arguments)

set -- run
# shellcheck disable=SC1091 # catalyst's copy of the envscript
source /tmp/envscript
# shellcheck source=stages/lib/contract.sh
source /run/bootstrap_sdk/stage/lib/contract.sh
# shellcheck source=stages/lib/portage.sh
source "${BOOTSTRAP_SDK}/stage/lib/portage.sh"
# shellcheck source=stages/lib/crossdev.sh
source "${BOOTSTRAP_SDK}/stage/lib/crossdev.sh"

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
overlay=$(argument cross_overlay)
mkdir -p "${overlay}"
cp -a "${BOOTSTRAP_SDK}/cross-overlay/." "${overlay}/"
setup_portage toolchain

declare -a cross=() atoms=()
arguments cross cross
if [[ $(argument crossdev) == yes ]]; then
	install_crossdev_toolchains "${cross[@]}"
	cross=()
fi
for chost in "${cross[@]}"; do
	arguments "cross.${chost}" atoms
	phase "merge the cross toolchain ${chost}"
	merge --update --oneshot "${atoms[@]}"
done
if [[ -e ${BOOTSTRAP_SDK}/fsscript ]]; then
	phase 'run the script of the definition'
	cp "${BOOTSTRAP_SDK}/fsscript" /tmp/fsscript
	chmod +x /tmp/fsscript
	/tmp/fsscript
fi
unlink_repos
env-update
