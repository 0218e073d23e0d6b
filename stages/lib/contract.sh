# shellcheck shell=bash
# The contract between the engine and a stage script (docs/stage-contract.md): arguments come from a read-only file,
# facts go to descriptor 3 as JSON lines, results into the output folder. Sourced by every stage script.
# shellcheck disable=SC2034 # the variables are for the scripts that source this file

set -Eeuo pipefail
# Also inside of $(…), where bash would go on.
shopt -s inherit_errexit

readonly BOOTSTRAP_SDK=/run/bootstrap_sdk
readonly OUTPUT=${BOOTSTRAP_SDK}/output

# Usage: arguments NAME ARRAY   reads all values of a repeatable argument into ARRAY
arguments() {
	local _line
	local -n _values=$2
	_values=()
	while IFS= read -r _line; do
		[[ ${_line} != "$1="* ]] || _values+=("${_line#*=}")
	done <"${BOOTSTRAP_SDK}/arguments"
}

# Usage: argument NAME   prints the value of an argument, or nothing
argument() {
	local -a all
	arguments "$1" all
	((${#all[@]} == 0)) || printf '%s\n' "${all[0]}"
}

# Usage: event TYPE TEXT   states a fact; quotes and control characters are dropped rather than escaped
event() {
	local text=${2//[$'\\"']/}
	[[ ! -e /proc/self/fd/3 ]] || printf '{"type":"%s","text":"%s"}\n' "$1" "${text//[[:cntrl:]]/ }" >&3
}

# Usage: phase TEXT   what the stage does now
phase() {
	event phase "$1"
	printf '>>> %s: %s\n' "${STAGE}" "$1"
}

# Usage: fail TEXT   ends the stage
fail() {
	event error "$1"
	printf '!!! %s: %s\n' "${STAGE}" "$1" >&2
	exit 1
}

# Usage: enter_stage_root "$@"   runs the script again with the stage's root as "/", once
enter_stage_root() {
	[[ ${IN_STAGE_ROOT:-} == yes ]] && return
	export IN_STAGE_ROOT=yes
	exec chroot "${STAGE_ROOT}" "${BOOTSTRAP_SDK}/stage/${STAGE}.sh" "$@"
}

# Usage: is_as_catalyst   whether the stage is to leave what catalyst's would: it is a spec's
is_as_catalyst() {
	[[ $(argument as_catalyst) == yes ]]
}

# Usage: make_way SOURCE TARGET [links]   where SOURCE has a folder, TARGET keeps nothing else, and the other way round
#   A link to a folder in the place of a folder stays; with `links` none stays where SOURCE has anything.
make_way() {
	local name target
	while IFS= read -r -d '' name; do
		target=$2/${name}
		if [[ -L ${target} && ${3:-} == links ]]; then
			rm -- "${target}"
		elif [[ -d $1/${name} && ! -L $1/${name} ]]; then
			[[ -d ${target} || ! (-e ${target} || -L ${target}) ]] || rm -- "${target}"
		elif [[ -d ${target} && ! -L ${target} ]]; then
			# What is mounted there is not the root's.
			! grep -qF -e " ${target} " -e " ${target}/" /proc/self/mountinfo || fail "${target} cannot become a file: something is mounted there while a stage runs"
			rm -r --one-file-system -- "${target}"
		fi
	done < <(find "$1" -mindepth 1 -printf '%P\0')
}

# Usage: remove_gone   takes away what configuration and overlays of the stage before have put into the root and this run's do not
#   have. What was changed since stays, and so does what a package owns by now: nobody could put that one back.
remove_gone() {
	local path fact now
	[[ -f ${BOOTSTRAP_SDK}/gone ]] || return 0
	while IFS= read -r -d '' path && IFS= read -r -d '' fact; do
		now=
		if [[ -L ${path} ]]; then
			now="-> $(readlink -- "${path}")"
		elif [[ -f ${path} ]]; then
			now=$(sha256sum <"${path}")
		fi
		[[ ${now%% *} == "${fact}" || ${now} == "${fact}" ]] || continue
		if grep -qsF -e "obj ${path} " -e "sym ${path} -> " /var/db/pkg/*/*/CONTENTS; then
			event warning "${path} is not configured any more, but a package has it too: it is left as it is"
			continue
		fi
		rm -- "${path}"
		# Folders that were there for it alone.
		path=${path%/*}
		while [[ -n ${path} && ${path} != /etc/portage ]] && ! grep -qsxF "dir ${path}" /var/db/pkg/*/*/CONTENTS; do
			rmdir -- "${path}" 2>/dev/null || break
			path=${path%/*}
		done
	done <"${BOOTSTRAP_SDK}/gone"
}

trap 'event place "line ${LINENO} of ${BASH_SOURCE[0]##*/} failed"' ERR

STAGE=$(argument stage)
STAGE_ROOT=$(argument stage_root)
MAIN_REPO=$(argument main_repo)
readonly STAGE STAGE_ROOT MAIN_REPO
# prepare: carry packages, list what the run will need; run: build.
readonly ACTION=${1:?usage: ${0##*/} prepare|run}
