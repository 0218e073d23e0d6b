# shellcheck shell=bash
# shellcheck disable=SC2317 # Portage and the ebuild call these functions
# Read by Portage in the place of /etc/portage/bashrc while live.py asks an ebuild what it would fetch: nothing is fetched or
# unpacked, each call is written down. The names and defaults are those of git-r3.eclass, whose functions are stood in for.

# shellcheck source=/dev/null
[[ ! -f ${LIVE_BASHRC} ]] || source "${LIVE_BASHRC}"

# Usage: __live_note KIND FIELD…   a record: its fields, and an empty line of them, by NUL
__live_note() {
	printf '%s\0' "$#" "$@" >>"${LIVE_RECORD}"
}

# Usage: __live_override NAME VALUE   prints what the user has set for the repository in the place of VALUE
__live_override() {
	local name=EGIT_OVERRIDE_$1_${live_id}
	printf '%s' "${!name:-$2}"
}

# The functions of eclasses are there by now.
pre_src_unpack() {
	unpack() { :; }

	git-r3_fetch() {
		local -a repos subs=()
		local live_id has_subs=no
		if [[ ${1} ]]; then
			read -r -d '' -a repos <<<"$1" || :
		elif [[ $(declare -p EGIT_REPO_URI 2>/dev/null) == 'declare -a'* ]]; then
			repos=("${EGIT_REPO_URI[@]}")
		else
			read -r -d '' -a repos <<<"${EGIT_REPO_URI:-}" || :
		fi
		live_id=${repos[0]#*://*/}
		live_id=${live_id%/}
		case ${live_id} in
		browse/* | cgit/* | git/* | gitroot/* | p/*) live_id=${live_id#*/} ;;
		pub/scm/*) live_id=${live_id#pub/scm/} ;;
		esac
		live_id=${live_id%.git}
		live_id=${live_id//[^a-zA-Z0-9_]/_}
		live_id=${live_id^^}
		if declare -p EGIT_SUBMODULES &>/dev/null; then
			has_subs=yes
			subs=("${EGIT_SUBMODULES[@]}")
		fi
		__live_note git "$(__live_override COMMIT "${2:-${EGIT_COMMIT:-}}")" "$(__live_override BRANCH "${EGIT_BRANCH:-}")" \
			"$(__live_override COMMIT_DATE "${4:-${EGIT_COMMIT_DATE:-}}")" "${EGIT_CLONE_TYPE:-single}" \
			"${EGIT_MIN_CLONE_TYPE:-shallow}" "${EGIT_LFS:-}" "${EGIT_MIRROR_URI:-}" "$(__live_override REPO '')" \
			"${has_subs}" "${#subs[@]}" "${subs[@]}" "${repos[@]}"
	}
	git-r3_checkout() {
		mkdir -p "${2:-${EGIT_CHECKOUT_DIR:-${WORKDIR}/${P}}}"
		export EGIT_DIR=${WORKDIR} EGIT_VERSION=0000000000000000000000000000000000000000
	}
	git-r3_peek_remote_ref() { echo 0000000000000000000000000000000000000000; }

	local name
	# What goes to the network from src_unpack, beside Git.
	for name in cargo_live_src_unpack go-module_live_vendor; do
		! declare -F "${name}" >/dev/null || eval "${name}() { __live_note network ${name}; }"
	done
}
