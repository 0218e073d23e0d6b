# Distributed under the terms of the MIT license

# @ECLASS: flag-o-matic.eclass
# @MAINTAINER:
# The embedded SDK
# @SUPPORTED_EAPIS: 8
# @BLURB: changes to the compiler's flags
# @DESCRIPTION:
# What the user asked for in CFLAGS and its like stays, unless a package is known to break with it.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

if [[ -z ${_FLAG_O_MATIC_ECLASS} ]]; then
_FLAG_O_MATIC_ECLASS=1

# @FUNCTION: append-cppflags
# @USAGE: <flag> ...
# @DESCRIPTION:
# Adds flags for the preprocessor.
append-cppflags() { export CPPFLAGS="${CPPFLAGS:+${CPPFLAGS} }$*"; }

# @FUNCTION: append-cflags
# @USAGE: <flag> ...
# @DESCRIPTION:
# Adds flags for C.
append-cflags() { export CFLAGS="${CFLAGS:+${CFLAGS} }$*"; }

# @FUNCTION: append-cxxflags
# @USAGE: <flag> ...
# @DESCRIPTION:
# Adds flags for C++.
append-cxxflags() { export CXXFLAGS="${CXXFLAGS:+${CXXFLAGS} }$*"; }

# @FUNCTION: append-flags
# @USAGE: <flag> ...
# @DESCRIPTION:
# Adds flags for C and C++ alike.
append-flags() {
	append-cflags "$@"
	append-cxxflags "$@"
}

# @FUNCTION: append-ldflags
# @USAGE: <flag> ...
# @DESCRIPTION:
# Adds flags for the linker.
append-ldflags() { export LDFLAGS="${LDFLAGS:+${LDFLAGS} }$*"; }

# @FUNCTION: filter-flags
# @USAGE: <pattern> ...
# @DESCRIPTION:
# Drops every flag that matches one of the shell patterns.
filter-flags() {
	local var flag pattern
	for var in CPPFLAGS CFLAGS CXXFLAGS LDFLAGS; do
		local -a kept=()
		for flag in ${!var}; do
			for pattern; do
				[[ ${flag} == ${pattern} ]] && continue 2
			done
			kept+=("${flag}")
		done
		export "${var}=${kept[*]}"
	done
}

fi
