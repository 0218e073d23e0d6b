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

# The repos are where the SDK will have them: from here on its own configuration holds, and catalyst's is not needed.
rm -rf /etc/portage
install_configuration /
overlay=$(argument cross_overlay)
mkdir -p "${overlay}"
cp -a "${BOOTSTRAP_SDK}/cross-overlay/." "${overlay}/"
setup_portage toolchain

declare -a cross=() atoms=()
arguments cross cross
for chost in "${cross[@]}"; do
	arguments "cross.${chost}" atoms
	phase "merge the cross toolchain ${chost}"
	merge --update --oneshot "${atoms[@]}"
done
env-update
