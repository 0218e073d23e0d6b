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
export USE="-* bootstrap ${bootstrap_use}"
# While the C library is replaced there is a moment in which no program can be started: nothing else is merged then.
emerge --jobs=1 --oneshot "${options[@]}" sys-apps/baselayout sys-kernel/linux-headers sys-libs/glibc
# One after the other, so that what is linked with which binutils does not hang on which of two jobs ends first.
emerge --oneshot "${options[@]}" sys-libs/zlib sys-devel/binutils
emerge --oneshot "${options[@]}" sys-devel/gcc
