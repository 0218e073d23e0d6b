#!/bin/bash
# Edits a copy of a repo for stage 1 by hooks (docs/stage-contract.md, "Hooks"). Runs in the seed, which is read-only.
# Usage: hooks.sh BASE COPY CURRENT FLAG HOOK…
#   BASE is copied to COPY, an empty folder; each HOOK is run with COPY, CURRENT and FLAG
set -Eeuo pipefail

base=$1 copy=$2 current=$3 flag=$4
shift 4
cp -a -- "${base}/." "${copy}/"
for hook in "$@"; do
	echo ">>> ${hook##*/}"
	"${hook}" "${copy}" "${current}" "${flag}" || {
		status=$?
		echo "!!! the hook ${hook##*/} ended with ${status}" >&2
		exit 1
	}
done
