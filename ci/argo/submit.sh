#!/bin/bash
# Submits the Workflow of a fleet to Argo (docs/fleet.md). The Workflow was checked with the model of Hera 7.1; it has not run on a
# cluster. Nodes need user namespaces and overlayfs; IMAGE has bootstrap_sdk in PATH; ROOT is a volume that all pods share.
# Usage: submit.sh FLEET ROOT IMAGE
set -euo pipefail
bootstrap_sdk plan --matrix argo --fleet "$1" --catalyst_root "$2" ${VERSION:+--version "$VERSION"} |
  argo submit --parameter image="$3" --watch -
