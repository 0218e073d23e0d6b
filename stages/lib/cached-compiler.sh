#!/bin/bash
# A compiler by way of ccache (ccache.sh). Started under the compiler's name, by a link in a folder that comes first in PATH.
# What ccache cannot know by what it looks at goes straight to the compiler.
# Usage: NAME ARGUMENT…

readonly CACHE=/run/bootstrap_sdk/ccache STATE=/var/tmp/ccache
readonly NAME=${0##*/}

# Its own folder taken out: from here on everything is as it would be without.
path=:${PATH}:
path=${path//:"${0%/*}":/:}
path=${path#:}
export PATH=${path%:}

# Usage: is_for_the_cache ARGUMENT…   whether the command makes one object, of source code, by what the digest of the compiler
#   stands for: not by other tools, specs or plugins, nor for the processor of this machine, nor of assembly, whose `.include`
#   ccache does not follow
is_for_the_cache() {
	local argument compiles=1
	[[ -z ${COMPILER_PATH:-}${GCC_EXEC_PREFIX:-}${GCC_SPECS:-}${GCC_ROOT:-} ]] || return 1
	for argument; do
		case ${argument} in
			-c) compiles=0 ;;
			-B*|-wrapper|-specs*|--specs*|-fplugin*|-x*|@*|*=native|*.s|*.S|*.sx) return 1 ;;
		esac
	done
	return "${compiles}"
}

# Usage: files_of COMPILER   sets `files`: the programs that make its objects, with their libraries
files_of() {
	local tool file line
	files=("$1")
	for tool in cc1 cc1plus as; do
		file=$("$1" "-print-prog-name=${tool}") || return
		[[ ${file} == /* ]] || file=$(type -P -- "${file}") || continue
		files+=("${file}")
	done
	file=$("$1" -print-file-name=specs)
	[[ ${file} != /* || ! -f ${file} ]] || files+=("${file}")
	# A program that is a script, or linked statically, has none.
	while IFS= read -r line; do
		[[ ! ${line} =~ (/[^\ ]+)\ \(0x ]] || files+=("${BASH_REMATCH[1]}")
	done < <(ldd "${files[@]}" 2>/dev/null)
}

# Usage: stat_files FILE…   prints what tells whether a file is another one by now
stat_files() {
	stat -L --printf '%n\t%d %i %s %.9Y %.9Z\n' -- "$@" 2>/dev/null
}

# Usage: digest_of COMPILER   sets `digest`; taken once for files as they are
digest_of() {
	local note=${STATE}/compilers/${1//\//,} known line
	local -a files=()
	if [[ -f ${note} ]]; then
		{ IFS= read -r digest; IFS= read -rd '' known; } <"${note}"
		while IFS= read -r line; do
			files+=("${line%%$'\t'*}")
		done <<<"${known%$'\n'}"
		[[ $(stat_files "${files[@]}") != "${known%$'\n'}" ]] || return 0
	fi
	files_of "$1" || return
	# Before it is read: what is changed meanwhile is another file the next time.
	known=$(stat_files "${files[@]}") || return
	digest=$(sha256sum -- "${files[@]}" | sha256sum) || return
	digest=${digest%% *}
	mkdir -p "${note%/*}" && printf '%s\n%s\n' "${digest}" "${known}" >"${note}.$$" && mv -f "${note}.$$" "${note}"
}

digest=
is_for_the_cache "$@" && hash -- "${NAME}" && digest_of "${BASH_CMDS[${NAME}]}" || exec "${NAME}" "$@"

unset -v "${!CCACHE_@}"
export CCACHE_CONFIGPATH=/dev/null CCACHE_DIR=${STATE}/own CCACHE_COMPILERCHECK=string:${digest}
export CCACHE_REMOTE_STORAGE=redis+unix:${CACHE}/socket CCACHE_REMOTE_ONLY=yes
# The preprocessor runs each time: by the lists of headers that ccache keeps else, one that is new in a folder that comes before is
# not seen.
export CCACHE_NODIRECT=yes
# This machine's, with all that it needs of it.
loader=()
[[ ! -e ${CACHE}/loader ]] || loader=("${CACHE}/loader" --library-path "${CACHE}/lib")
exec "${loader[@]}" "${CACHE}/ccache" "${NAME}" "$@"
