# shellcheck shell=bash
# The contract between the engine and a stage script (docs/stage-contract.md): arguments come from a read-only file,
# facts go to descriptor 3 as JSON lines, results into the output folder. Sourced by every stage script.
# shellcheck disable=SC2034 # the variables are for the scripts that source this file

set -Eeuo pipefail
# Also inside of $(…), where bash would go on.
shopt -s inherit_errexit

readonly BOOTSTRAP_SDK=/run/bootstrap_sdk
readonly OUTPUT=${BOOTSTRAP_SDK}/output

# Usage: argument NAME   prints the value of an argument, or nothing
argument() {
	sed -n "s/^$1=//p" "${BOOTSTRAP_SDK}/arguments" | head -n 1
}

# Usage: arguments NAME ARRAY   reads all values of a repeatable argument into ARRAY
arguments() {
	mapfile -t "$2" < <(sed -n "s/^$1=//p" "${BOOTSTRAP_SDK}/arguments")
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

trap 'event place "line ${LINENO} of ${BASH_SOURCE[0]##*/} failed"' ERR

STAGE=$(argument stage)
STAGE_ROOT=$(argument stage_root)
MAIN_REPO=$(argument main_repo)
readonly STAGE STAGE_ROOT MAIN_REPO
# prepare: carry packages, list what the run will need; run: build.
readonly ACTION=${1:?usage: ${0##*/} prepare|run}
