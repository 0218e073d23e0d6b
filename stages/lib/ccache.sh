# shellcheck shell=bash
# A compiler cache that builds of a machine share (--ccache). Sourced after contract.sh.

readonly COMPILER_CACHE=${BOOTSTRAP_SDK}/ccache CACHED_COMPILERS=/var/tmp/ccache/bin

# Usage: use_compiler_cache   lets what Portage builds from here on find the compilers that are there now by way of the cache
use_compiler_cache() {
	local name
	[[ -S ${COMPILER_CACHE}/socket ]] || return 0
	mkdir -p "${CACHED_COMPILERS}"
	while IFS= read -r name; do
		if type -P -- "${name}" >/dev/null; then
			ln -sfn "${BOOTSTRAP_SDK}/stage/lib/cached-compiler.sh" "${CACHED_COMPILERS}/${name}"
		else
			rm -f -- "${CACHED_COMPILERS}/${name}"
		fi
	done <"${COMPILER_CACHE}/compilers"
	# Portage takes PATH from env.d; this comes before it, and unlike FEATURES it stays
	# nowhere: the saved environments that have it are levelled.
	export __PORTAGE_TEST_PATH_OVERRIDE=${CACHED_COMPILERS}
}
