# shellcheck shell=bash
# Locale and time zone as catalyst's stages leave them, for those of its specs. Sourced after contract.sh.

# What locale-gen makes while a stage runs: catalyst's list.
readonly LOCALES=$'\nC.UTF-8 UTF-8\n'

# Usage: set_language ROOT   the language of "/" and ROOT, from now on
set_language() {
	local etc
	is_as_catalyst || return 0
	[[ ${ACTION} == run ]] || return 0
	printf '%s\n' "${LOCALES}" >/etc/locale.gen
	for etc in /etc "${1%/}/etc"; do
		mkdir -p "${etc}/env.d"
		echo 'LANG=C.UTF-8' >"${etc}/env.d/02locale"
	done
	env-update
}

# Usage: generate_locales ROOT   as the C library does it, but in ROOT, which its own step does not look at
generate_locales() {
	is_as_catalyst || return 0
	type -P locale-gen >/dev/null || return 0
	local version
	version=$(locale-gen -V)
	if [[ $'\n'${version} == *$'\n'locale-gen-2.* ]]; then
		locale-gen --destdir "${1%/}/"
	else
		locale-gen --config /etc/locale.gen --prefix "${1%/}/"
	fi
}

# Usage: finish_stage1_root ROOT   the time zone, no documents, and the first compiler and linker of those that it has
finish_stage1_root() {
	local root=${1%/}
	is_as_catalyst || return 0
	if [[ -d ${root}/usr/share/zoneinfo ]]; then
		rm -f "${root}/etc/localtime"
		ln -s ../usr/share/zoneinfo/Factory "${root}/etc/localtime"
	else
		echo UTC >"${root}/etc/TZ"
	fi
	rm -rf "${root}"/usr/share/{man,doc,info}/*
}

# Usage: protect_locales   what a package brings as /etc/locale.gen waits until the stage is done: see restore_locales
protect_locales() {
	is_as_catalyst || return 0
	export CONFIG_PROTECT='-* /etc/locale.gen'
	[[ ${ACTION} != run ]] || printf '%s\n' "${LOCALES}" >/etc/locale.gen
}

# Usage: restore_locales   the newest /etc/locale.gen that a package brought meanwhile (etc-update --automode -5)
restore_locales() {
	local file
	is_as_catalyst || return 0
	for file in /etc/._cfg????_locale.gen; do
		[[ ! -e ${file} ]] || mv -f -- "${file}" /etc/locale.gen
	done
}
