# Distributed under the terms of the MIT license

# @ECLASS: configure-answers.eclass
# @MAINTAINER:
# The embedded SDK
# @SUPPORTED_EAPIS: 8
# @BLURB: configure scripts that know the answers of an earlier, equal run
# @DESCRIPTION:
# Most of the time that a small package takes is its configure script's. What such a script finds out is kept in the
# folder of answers that bootstrap_sdk gives its stages. A file there is named by the digest of all that its answers
# depend on: script, arguments, environment, compilers, assembler, linker, C library. Only a run in which all of these
# are the same reads it, and only answers about compiler, kernel and C library are in it, so that what is built does not
# depend on whether there is one. Whatever goes wrong with answers, the script asks for itself. Without the folder,
# nothing is done here at all.
#
# For the first build on a machine there are answers in this repository, one archive for each compiler, in the folder
# configure-answers/ beside this file: copies of what a build has kept. They have the same names, so those for another
# compiler are never read.

case ${EAPI} in
	8) ;;
	*) die "${ECLASS}: EAPI ${EAPI} is not supported" ;;
esac

if [[ -z ${_CONFIGURE_ANSWERS_ECLASS} ]]; then
_CONFIGURE_ANSWERS_ECLASS=1

inherit toolchain-funcs

# @ECLASS_VARIABLE: _ANSWERS_SHIPPED
# @INTERNAL
# @DESCRIPTION:
# Where the archives of answers are. Only while an eclass is read is it known where it lies.
_ANSWERS_SHIPPED=${BASH_SOURCE[0]%.eclass}

# @ECLASS_VARIABLE: SMALL_SHELL
# @DEFAULT_UNSET
# @DESCRIPTION:
# Set by a package of which no installed file names the shell of its configure script: that is dash then, where there is
# one.

# @FUNCTION: econf-answered
# @USAGE: <argument of configure> ...
# @DESCRIPTION:
# econf, with the answers that are known.
econf-answered() {
	answered econf "$@"
}

# @FUNCTION: answered
# @USAGE: <command> [argument] ...
# @DESCRIPTION:
# Runs a command that runs configure scripts, make for instance, with the answers that are known, and keeps the new
# ones.
answered() {
	local folder=/var/cache/configure-answers here=${T}/configure-answers
	# Half of what a configure script or libtool does is to start programs, and a small shell has less to copy for each:
	# binutils take 0.86 of the time of bash.
	if [[ -v SMALL_SHELL && ! -v CONFIG_SHELL && -x ${BROOT}/bin/dash ]]; then
		local -x CONFIG_SHELL=${BROOT}/bin/dash
	fi
	# A site file of the root's would not be read any more; who has one of his own has decided.
	if [[ ! -w ${folder} || -v CONFIG_SITE ]] ||
		[[ -e ${EPREFIX}/usr/share/config.site || -e ${EPREFIX}/usr/etc/config.site ]] ||
		! _answers-prepare "${folder}" "${here}"; then
		"$@"
		return
	fi
	# For this command only: what stays exported gets into the environment that is saved with the package.
	CONFIG_SITE=${here}/site "$@"
	_answers-keep "${folder}" "${here}"
}

# @FUNCTION: _answers-prepare
# @USAGE: <folder of answers> <folder of this build>
# @INTERNAL
# @DESCRIPTION:
# Writes into the second folder what is the same for all scripts of a package, and the site file: what they read
# first.
_answers-prepare() {
	local archive
	mkdir -p "$2/shipped" && : >"$2/asked" && _answers-facts >"$2/facts" && _answers-site "$@" >"$2/site" || return
	for archive in "${_ANSWERS_SHIPPED}"/*.tar.xz; do
		# What cannot be unpacked is not known.
		[[ ! -e ${archive} ]] || tar -xJf "${archive}" -C "$2/shipped" --no-same-owner 2>/dev/null
	done
	return 0
}

# @FUNCTION: _answers-facts
# @INTERNAL
# @DESCRIPTION:
# Prints what the answers of all scripts depend on; fails where a part of it cannot be found out.
_answers-facts() {
	local cc cxx tool code
	local -x LC_ALL=C
	cc=$(tc-getCC)
	cxx=$(tc-getCXX)
	printf '%s\n' "${CBUILD}" "${CHOST}" "${SYSROOT}" "${EPREFIX}" "${cc}" "${cxx}"
	# Without quotes: options may follow the name.
	${cc} -v 2>&1 || return
	# A root may have no compiler of C++.
	${cxx} -v 2>&1 || echo none
	for tool in as ld; do
		"$(${cc} -print-prog-name="${tool}")" --version </dev/null || return
	done
	getconf GNU_LIBC_VERSION || return
	# The kernel's headers get new names with its second number, not with its third.
	code=$(echo $'#include <linux/version.h>\nLINUX_VERSION_CODE' | ${cc} -E -P - | tail -n 1)
	echo $(( code / 256 ))
}

# @FUNCTION: _answers-site
# @USAGE: <folder of answers> <folder of this build>
# @INTERNAL
# @DESCRIPTION:
# Prints the site file. Every configure script reads it in its own shell, whichever that is, with its own arguments;
# those, too, that make or another script starts.
_answers-site() {
	local form kept asked
	_answers-patterns
	printf 'answers_known=%s answers_here=%s\n' "${1@Q}" "${2@Q}"
	printf 'answers_form=%s answers_kept=%s answers_asked=%s\n' "${form@Q}" "${kept@Q}" "${asked@Q}"
	cat <<-'END'
		if test -f "$0"; then
			# Variables that the script says it reads, those that others of our packages read besides, and answers
			# that the ebuild gives.
			answers_key=$({
				cat "$answers_here/facts"
				# Without the name of its shell, which econf changes.
				{ echo '#! /bin/sh'; sed 1d "$0"; } | sha256sum
				printf 'argument %s\n' "$@"
				for answers_name in $ac_precious_vars ABI AR AS CC CFLAGS CPPFLAGS CXX CXXFLAGS FORCE_UNSAFE_CONFIGURE \
					LD LDFLAGS LIBS M4 NM OBJCOPY OBJDUMP RANLIB STRIP; do
					eval "printf '%s\n' \"\$answers_name=\${$answers_name-unset}\""
				done
				env | grep '^[a-z]*_cv_' | LC_ALL=C sort
			} | sha256sum)
			answers_key=${answers_key%% *}
			answers_from=
			for answers_file in "$answers_known/$answers_key" "$answers_here/shipped/$answers_key"; do
				# A file that was damaged is none. Whoever wrote it, what is read as shell code is plain assignments
				# with the names that are kept.
				if test -f "$answers_file" && test ! -h "$answers_file" && test -r "$answers_file" &&
					read -r answers_digest <"$answers_file" &&
					test "$answers_digest" = "# $({ echo "$answers_key"; sed 1d "$answers_file"; } | sha256sum)"; then
					answers_from=$answers_file
					sed 1d "$answers_from" | grep -E "$answers_form" | grep -E "$answers_kept" |
						grep -vE "$answers_asked" >"$answers_here/known.$$"
					. "$answers_here/known.$$"
					break
				fi
			done
			echo "known answers: ${answers_from:-none for $answers_key}"
			test -n "$answers_from" || printf '%s %s\n' "$answers_key" "$(pwd)" >>"$answers_here/asked"
		fi
		# What a site file ends with is what the script takes it for.
		:
	END
}

# @FUNCTION: _answers-keep
# @USAGE: <folder of answers> <folder of this build>
# @INTERNAL
# @DESCRIPTION:
# Stores what the scripts have found out that had no known answers. The build does not fail if that does not work.
_answers-keep() {
	local key folder
	local -A last=()
	# A script that ran twice in one folder has left the log of its second run.
	while read -r key folder; do
		last[${folder}]=${key}
	done <"$2/asked"
	for folder in "${!last[@]}"; do
		_answers-store "$1" "${last[${folder}]}" "${folder}/config.log"
	done
	return 0
}

# @FUNCTION: _answers-store
# @USAGE: <folder of answers> <key> <log>
# @INTERNAL
# @DESCRIPTION:
# Stores the answers in the log of a configure script that has ended well, whole or not at all.
_answers-store() {
	local answers digest new form kept asked
	_answers-patterns
	grep -qsx 'configure: exit 0' "$3" || return
	answers=$(sed -n '/^## Cache variables/,/^## Output variables/p' "$3" | grep -E "${form}" | grep -E "${kept}" |
		grep -vE "${asked}")
	digest=$(printf '%s\n' "$2" "${answers}" | sha256sum) || return
	new=$(mktemp "$1/.new.XXXXXXXX") || return
	# Others may be storing the same now.
	printf '%s\n' "# ${digest}" "${answers}" >"${new}" && chmod 0644 "${new}" && mv -f "${new}" "$1/$2" || rm -f "${new}"
}

# @FUNCTION: _answers-patterns
# @INTERNAL
# @DESCRIPTION:
# Sets form, kept and asked: how an answer is written, which are kept, and which of those are not. What is kept, no other
# root could answer differently. They hold when answers are stored and when they are read.
_answers-patterns() {
	# Plain values only: the file is read as shell code.
	form="^[a-z]+_cv_[A-Za-z0-9_]+=([A-Za-z0-9_.,:+-]*|'[^'/]*')\$"
	# About the compiler, the C library and the kernel, by the beginnings of their names.
	kept='^(ac_cv_(alignof|c|cxx|func|have_decl|header|member|prog_c(c|xx)|sizeof|struct|type)_'
	kept+='|ac_cv_sys_(file|large|year)|am_cv_(func_iconv|langinfo|prog_cc_c_o|proto_iconv)|gl_cv_|gt_cv_(c|func|var|val)_'
	kept+='|bash_cv_(decl|dirent|have|struct|sys|type|under)_|bfd_cv_have_|gmp_cv_(asm|c)_|lt_cv_prog_compiler_'
	kept+='|ul_cv_(syscall|warn)_)'
	# But not about programs, file systems, users, locales, other libraries and their headers. And gas reads its answer
	# about time.h without having asked: it must not know one.
	asked='^(ac_cv_func_(__gmp|acl|attr_get|chown|ffi|mode_to_sec|mmap|rl_|tget)'
	asked+='|gl_cv_(acl|fs|have_unlimited|lib|next|prog|socket)_|gl_cv_func_.*(acl|getcwd|getlogin|utime|_in_lib[^cm])'
	asked+='|gl_cv_func_.*(chown|ctime|fchmodat|link|mkdir|mkfifo|mknod|readdir|realpath|remove|rename|rmdir|stat|trunc)'
	asked+='|gl_cv_.*(locale|_lib=)|ac_cv_(func|have_decl|header)_(crypt|dl|fs_|iconv)|bash_cv_sys_named_pipes'
	asked+='|ac_cv_header_(acl|attr|bzlib|curses|ffi|gmp|libaudit|libintl|lzma|mpfr|ncurses|netlink|openssl|panel|pcre)'
	asked+='|ac_cv_header_(readline|security|selinux|sqlite|sys_(acl|capability|sdt)|term_h|termcap|time_h|uuid|zlib|zstd))'
}

fi
