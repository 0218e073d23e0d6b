#!/bin/bash
# Merges the toolchain that builds the rest of the system: what stage 2 runs.
# Usage: bootstrap.sh [-v|-q] [-p|-f] [-r]
#   -v verbose   -q quiet   -p only say what would be merged   -f only fetch   -r reuse binary packages
set -euo pipefail

options=()
while getopts vqpfr option; do
	case ${option} in
		v) options+=(--verbose) ;;
		q) options+=(--quiet) ;;
		p) options+=(--pretend) ;;
		f) options+=(--fetchonly) ;;
		r) options+=(--usepkg --buildpkg) ;;
		*) exit 2 ;;
	esac
done

bootstrap_use=$(portageq envvar BOOTSTRAP_USE)
# In the order in which each builds on the ones before it.
packages=(
	sys-apps/baselayout sys-kernel/linux-headers sys-libs/glibc sys-libs/zlib sys-devel/binutils sys-devel/gcc
)
USE="-* bootstrap ${bootstrap_use}" emerge --oneshot --selective=n "${options[@]}" "${packages[@]}"
