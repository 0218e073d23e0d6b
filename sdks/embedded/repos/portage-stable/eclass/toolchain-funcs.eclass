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
# @DESCRIPTION:
# Prints the archiver.
tc-getAR() { _tc-find AR ar "${CHOST}"; }

# @FUNCTION: tc-getAS
# @DESCRIPTION:
# Prints the assembler.
tc-getAS() { _tc-find AS as "${CHOST}"; }

# @FUNCTION: tc-getCC
# @DESCRIPTION:
# Prints the C compiler.
tc-getCC() { _tc-find CC gcc "${CHOST}"; }

# @FUNCTION: tc-getCPP
# @DESCRIPTION:
# Prints the preprocessor.
tc-getCPP() { _tc-find CPP cpp "${CHOST}"; }

# @FUNCTION: tc-getCXX
# @DESCRIPTION:
# Prints the C++ compiler.
tc-getCXX() { _tc-find CXX g++ "${CHOST}"; }

# @FUNCTION: tc-getLD
# @DESCRIPTION:
# Prints the linker.
tc-getLD() { _tc-find LD ld "${CHOST}"; }

# @FUNCTION: tc-getNM
# @DESCRIPTION:
# Prints the program that lists symbols.
tc-getNM() { _tc-find NM nm "${CHOST}"; }

# @FUNCTION: tc-getOBJDUMP
# @DESCRIPTION:
# Prints the program that shows object files.
tc-getOBJDUMP() { _tc-find OBJDUMP objdump "${CHOST}"; }

# @FUNCTION: tc-getRANLIB
# @DESCRIPTION:
# Prints the program that makes an archive's index.
tc-getRANLIB() { _tc-find RANLIB ranlib "${CHOST}"; }

# @FUNCTION: tc-getSTRIP
# @DESCRIPTION:
# Prints the program that takes symbols out.
tc-getSTRIP() { _tc-find STRIP strip "${CHOST}"; }

# @FUNCTION: tc-getBUILD_CC
# @DESCRIPTION:
# Prints the C compiler for the machine that builds.
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
