#!/bin/bash
# Stores what the configure scripts of the source packages found out, for configure-answers.eclass to use again.
# Usage: harvest-answers.sh ROOT REPO [CATEGORY/PN ...]
#   ROOT  a root with Portage in which the packages were built with FEATURES=keepwork, without known answers
#   REPO  the repository to write into: CATEGORY/PN/files/configure-answers/KEY. A package's other keys stay: they hold
#         for other compilers; remove those of dropped versions by hand.
# Without packages: all that ROOT has build folders of. A cross-CHOST/binutils goes to sys-devel/binutils.
set -Eeuo pipefail

# Answers that another root could give differently: environment, programs and paths, libraries and their headers.
readonly changeable='^(ac_cv_(env|path|lib|search|build|host|target)_?|ac_cv_prog_[^=]*=|[a-z]+_cv_(next|lib)|[a-z]+_cv_[a-z_]*_lib'
readonly changeable_more='|acl_cv|am_cv_(prog|make|filesystem)|lt_cv_(path|sys|prog_gnu|file_magic|to_)'
readonly changeable_headers='|ac_cv_header_(zlib|bzlib|lzma|zstd|pcre|acl|attr|selinux|curses|ncurses|panel|term|readline|gmp|mpfr|ffi|sqlite|uuid|security|netlink|sys_(acl|capability)))'
# Answers that a script may not know beforehand: bash sets macros while it asks this; gas reads that without asking.
readonly changeable_aside='|^(bash_cv_func_strtoimax|ac_cv_header_time_h)=|^(ac_cv_func_ffi_|ac_cv_working_openssl_)'
# Of these, what concerns the language or libc itself.
readonly kept='^(a[cm]_cv_prog_c(c|xx)_|gl_cv_func_[a-z_]*_(no_libm|in_libc))'

# Usage: cache_variables LOG…; prints NAME=VALUE of each log, sorted, a name with two different values left out.
cache_variables() {
	cat "$@" | sed -n '/^## Cache variables/,/^## Output variables/s/^\([a-z]*_cv_[A-Za-z0-9_]*=.*\)$/\1/p' | sort -u |
		awk -F= '{ count[$1]++; line[$1] = $0 } END { for (name in count) if (count[name] == 1) print line[name] }' | sort
}

# Usage: answers LOG…; those that stay the same in every root with this compiler and C library.
answers() {
	cache_variables "$@" | awk -v no="${changeable}${changeable_more}${changeable_headers}${changeable_aside}" \
		-v yes="${kept}" \
		'index($0, "/") == 0 && ($0 !~ no || $0 ~ yes)' | grep -E "=([^']*|'[^']*')\$"
}

# Usage: harvest BUILD REPO; BUILD is Portage's folder of one package: work and temp below it.
harvest() {
	local build=$1 repo=$2 package version key folder
	local -a logs
	version=${build##*/}
	package=${build%/*}
	package=${package##*/}/${version%-[0-9]*}
	[[ ${package} == cross-*/* ]] && package=sys-devel/${package#*/}
	[[ -f ${build}/temp/configure-key ]] || return 0
	key=$(<"${build}/temp/configure-key")
	folder=${repo}/${package}/files/configure-answers
	if [[ -e ${folder}/${key} ]]; then
		printf '%s: %s is known\n' "${version}" "${key}"
		return 0
	fi
	mapfile -t logs < <(find "${build}/work" -name config.log | sort)
	mkdir -p "${folder}"
	{
		printf '# Answers of the configure of %s, written by scripts/harvest-answers.sh.\n' "${version}"
		sed '/^argument/d; s/^/# /' "${build}/temp/configure-facts"
		answers "${logs[@]}"
	} >"${folder}/${key}.new"
	mv "${folder}/${key}.new" "${folder}/${key}"
	printf '%s: %s, %s answers\n' "${version}" "${key}" "$(grep -vc '^#' "${folder}/${key}")"
}

# Usage: main ROOT REPO [CATEGORY/PN…]; as the script.
main() {
	local root=$1 repo=$2 build wanted
	shift 2
	for build in "${root%/}"/var/tmp/portage/*/*; do
		[[ -d ${build}/work ]] || continue
		wanted=$#
		local package
		for package; do
			[[ ${build} == */"${package}"-[0-9]* ]] && wanted=0
		done
		((wanted)) || harvest "${build}" "${repo%/}"
	done
}

if (($# < 2)); then
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" >&2
	exit 2
fi
main "$@"
