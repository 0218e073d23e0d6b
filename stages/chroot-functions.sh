# shellcheck shell=bash
# For fsscripts that were written for catalyst, which source /tmp/chroot-functions.sh: the functions there that such scripts call.

# Usage: die MESSAGE…
die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# Usage: run_merge OPTION|ATOM…   as emerge; binary packages are made and taken by the environment
run_merge() {
	emerge "$@" || die "emerge $* ended with $?"
}

# Usage: update_env_settings   after merges: /etc/profile.env anew, and read
update_env_settings() {
	env-update
	[[ -e /etc/profile ]] || return 0
	# shellcheck disable=SC1091 # the root's
	source /etc/profile
}

# Usage: get_libdir   prints the name of the folder of libraries, as the profile has it
get_libdir() {
	local abi libdir
	# portageq prints an empty line for what is not set, and ends with 1.
	abi=$(portageq envvar ABI) || abi=$(portageq envvar DEFAULT_ABI) || abi=default
	libdir=$(portageq envvar "LIBDIR_${abi}") || libdir=lib
	printf '%s\n' "${libdir}"
}

# Usage: show_debug   the stage has a log
show_debug() { :; }
