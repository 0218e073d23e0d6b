#!/bin/bash
# Submits the Workflow of a fleet to Argo (docs/fleet.md). Argo's own schema takes the Workflow; it has not run on a
# cluster. Nodes need user namespaces and overlayfs; IMAGE has bootstrap_sdk in PATH; CLAIM is a volume that all pods have at ROOT.
# Usage: submit.sh FLEET ROOT IMAGE CLAIM
set -euo pipefail
bootstrap_sdk plan --matrix argo --fleet "$1" --catalyst_root "$2" ${VERSION:+--version "$VERSION"} |
  argo submit --parameter image="$3" --parameter claim="$4" --watch -
