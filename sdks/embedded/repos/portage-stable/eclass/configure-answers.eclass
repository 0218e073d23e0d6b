# Distributed under the terms of the MIT license

# @ECLASS: configure-answers.eclass
# @MAINTAINER:
# The embedded SDK
# @SUPPORTED_EAPIS: 8
# @BLURB: econf that knows the answers of an earlier, equal run
# @DESCRIPTION:
# Most of the time that a small package takes is its configure script's. What such a script finds out depends on the
# script, its arguments, the compiler and the C library. files/configure-answers/KEY holds what it found out under just
# these, KEY being their digest: when any of them changes there is no such file, and configure asks again.
# The files are made by the project's scripts/harvest-answers.sh, which says what is left out of them.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

if [[ -z ${_CONFIGURE_ANSWERS_ECLASS} ]]; then
_CONFIGURE_ANSWERS_ECLASS=1

inherit toolchain-funcs

# @FUNCTION: _answers-facts
# @USAGE: <argument of configure> ...
# @INTERNAL
# @DESCRIPTION: prints what the answers depend on
_answers-facts() {
	local script
	script=$(sha256sum <"${ECONF_SOURCE:-.}/configure") || die
	echo "compiler $("$(tc-getCC)" -dumpmachine) $("$(tc-getCC)" -dumpfullversion)"
	echo "libc $(getconf GNU_LIBC_VERSION)"
	echo "host ${CHOST}"
	echo "script ${script%% *}"
	printf 'argument %s\n' "$@"
}

# @FUNCTION: econf-answered
# @USAGE: <argument of configure> ...
# @DESCRIPTION:
# econf, with the answers that fit, if there are such. They hold for the configure scripts that make runs later, too.
econf-answered() {
	local key
	_answers-facts "$@" >"${T}/configure-facts" || die
	key=$(sha256sum <"${T}/configure-facts") || die
	key=${key:0:16}
	if [[ -f ${FILESDIR}/configure-answers/${key} ]]; then
		einfo "Known answers of configure: ${key}"
		export CONFIG_SITE=${FILESDIR}/configure-answers/${key}
	else
		einfo "No known answers of configure: ${key}"
	fi
	echo "${key}" >"${T}/configure-key" || die
	econf "$@"
}

fi
