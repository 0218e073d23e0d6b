# Distributed under the terms of the MIT license

# @ECLASS: toolchain-target.eclass
# @MAINTAINER:
# The embedded SDK
# @SUPPORTED_EAPIS: 8
# @BLURB: the machine that the parts of a toolchain work for
# @DESCRIPTION:
# One ebuild is both the native part and that of a cross toolchain: an overlay links its folder into a category
# cross-TUPLE, and the category says which of the two it is.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

if [[ -z ${_TOOLCHAIN_TARGET_ECLASS} ]]; then
_TOOLCHAIN_TARGET_ECLASS=1

# @FUNCTION: is_native
# @RETURN: 0 when it is for the machine that it runs on itself, and not part of a cross toolchain
# @DESCRIPTION:
# May also be asked outside of functions: the category is known everywhere.
is_native() {
	[[ ${CATEGORY} != cross-* ]]
}

# @FUNCTION: target_tuple
# @DESCRIPTION:
# Prints the tuple of the machine whose programs it handles, compiles or is used by.
target_tuple() {
	if is_native; then
		echo "${CHOST}"
	else
		echo "${CATEGORY#cross-}"
	fi
}

fi
