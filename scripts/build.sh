#!/usr/bin/env bash
# What `npm run build` runs: prepares the checkout as the launcher does, so that the next start has nothing to compile.
set -Eeuo pipefail

project=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck disable=SC2034 # setup.sh reads it
me=build
# shellcheck source=setup.sh
source "$project/scripts/setup.sh"

require_node
prepare_project
