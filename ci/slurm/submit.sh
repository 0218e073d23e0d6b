#!/bin/bash
# Hands the jobs of a fleet to Slurm: each stage after the one before it, on any node with the features that fleet.toml has as labels
# (docs/fleet.md). tests/nightly/slurm.test.ts runs it with a controller and two nodes of Debian's Slurm 22.05 on one machine.
#
# All nodes share the catalyst root; where ROOT is each node's own disk, set BOOTSTRAP_SDK_STORE and its keys (docs/store.md) here, and
# sbatch hands them on. Jobs run as the user who calls this: root, or one whose bootstrap_sdk is a wrapper with sudo.
# Usage: submit.sh FLEET ROOT [OPTION OF SBATCH…]
set -euo pipefail
fleet=$1 root=$2
shift 2
bootstrap_sdk plan --matrix slurm --fleet "$fleet" --catalyst_root "$root" ${VERSION:+--version "$VERSION"} | bash -s -- "$@"
