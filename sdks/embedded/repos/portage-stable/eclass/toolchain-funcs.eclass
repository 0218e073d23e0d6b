# Distributed under the terms of the MIT license

# @ECLASS: toolchain-funcs.eclass
# @MAINTAINER:
# The embedded SDK
# @SUPPORTED_EAPIS: 8
# @BLURB: names of the compiler and its tools, for the host and for the machine that builds
# @DESCRIPTION:
# A variable that the user sets (CC, AR, BUILD_CC ...) wins; then the tool that carries the tuple as its prefix;
# then the bare name.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

if [[ -z ${_TOOLCHAIN_FUNCS_ECLASS} ]]; then
_TOOLCHAIN_FUNCS_ECLASS=1

# @FUNCTION: _tc-find
# @USAGE: <variable> <default> <tuple>
# @INTERNAL
# @DESCRIPTION:
# Sets and exports the variable, unless it is set, and prints its value.
_tc-find() {
	local var=$1 default=$2 tuple=$3
	if [[ -z ${!var} ]]; then
		local value=${default}
		[[ -n ${tuple} ]] && type -P "${tuple}-${default}" >/dev/null && value=${tuple}-${default}
		export "${var}=${value}"
	fi
	echo "${!var}"
}

# @FUNCTION: tc-getAR
# @DESCRIPTION: the archiver; likewise for the functions that follow
tc-getAR() { _tc-find AR ar "${CHOST}"; }
tc-getAS() { _tc-find AS as "${CHOST}"; }
tc-getCC() { _tc-find CC gcc "${CHOST}"; }
tc-getCPP() { _tc-find CPP cpp "${CHOST}"; }
tc-getCXX() { _tc-find CXX g++ "${CHOST}"; }
tc-getLD() { _tc-find LD ld "${CHOST}"; }
tc-getNM() { _tc-find NM nm "${CHOST}"; }
tc-getOBJDUMP() { _tc-find OBJDUMP objdump "${CHOST}"; }
tc-getRANLIB() { _tc-find RANLIB ranlib "${CHOST}"; }
tc-getSTRIP() { _tc-find STRIP strip "${CHOST}"; }
tc-getBUILD_CC() { _tc-find BUILD_CC gcc "${CBUILD:-${CHOST}}"; }

# @FUNCTION: tc-export
# @USAGE: <variable> ...
# @DESCRIPTION:
# Sets and exports each named variable: tc-export CC AR
tc-export() {
	local var
	for var; do
		[[ $(type -t "tc-get${var}") == function ]] || die "tc-export: nothing is known about '${var}'"
		"tc-get${var}" >/dev/null
	done
}

# @FUNCTION: tc-is-cross-compiler
# @RETURN: 0 when what is built runs on another kind of machine than the one that builds
tc-is-cross-compiler() {
	[[ ${CBUILD:-${CHOST}} != "${CHOST}" ]]
}

fi
