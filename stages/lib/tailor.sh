# shellcheck shell=bash
# What a definition does to the SDK beside merging packages: its script, services, accounts. Sourced after contract.sh.

# Usage: copy_root_overlay   over the root; a link to a folder stays one (lib may be a link to lib64), and so do owners of folders
copy_root_overlay() {
	make_way "${BOOTSTRAP_SDK}/root-overlay" ''
	tar -C "${BOOTSTRAP_SDK}/root-overlay" -cf - . | tar -C / -xpf - --keep-directory-symlink --no-overwrite-dir
}

# Usage: run_fsscript   the definition's own script, with the environment of the stage, and what those for catalyst source
run_fsscript() {
	[[ -f ${BOOTSTRAP_SDK}/fsscript ]] || return 0
	phase 'run the fsscript'
	install -m 0755 "${BOOTSTRAP_SDK}/fsscript" /tmp/fsscript
	[[ -e /tmp/chroot-functions.sh ]] || install -m 0644 "${BOOTSTRAP_SDK}/stage/chroot-functions.sh" /tmp/chroot-functions.sh
	[[ -e /tmp/envscript ]] || : >/tmp/envscript
	/tmp/fsscript || fail "the fsscript ended with $?"
	rm -f /tmp/fsscript
}

# Usage: need PROGRAM WHAT   fails when the root lacks a program that the definition asks for
need() {
	type -P "$1" >/dev/null || fail "$2 of the definition needs $1, which is not in the root"
}

# Usage: change_service add|del ENTRY   `name`, in the runlevel `default`, or `name|runlevel`
change_service() {
	local level=default
	[[ $2 != *'|'* ]] || level=${2##*|}
	mkdir -p "/etc/runlevels/${level}"
	rc-update "$1" "${2%%|*}" "${level}"
}

# Usage: change_services   rcadd and rcdel
change_services() {
	local entry
	local -a add=() del=()
	arguments rcadd add
	arguments rcdel del
	((${#add[@]} + ${#del[@]} > 0)) || return 0
	phase 'change the runlevels'
	need rc-update stage4.rcadd
	for entry in "${add[@]}"; do
		change_service add "${entry}"
	done
	for entry in "${del[@]}"; do
		change_service del "${entry}"
	done
}

# Usage: unmerge_packages   takes packages out again
unmerge_packages() {
	local -a atoms=()
	arguments unmerge atoms
	((${#atoms[@]} > 0)) || return 0
	phase "unmerge ${atoms[*]}"
	emerge --unmerge "${atoms[@]}"
}

# Usage: make_accounts   groups, then users (`name`, or `name=group,group`), then their keys
make_accounts() {
	local entry
	local -a groups=() users=() keys=() more
	arguments groups groups
	arguments users users
	arguments ssh_keys keys
	((${#groups[@]} + ${#users[@]} + ${#keys[@]} > 0)) || return 0
	phase 'make groups and users'
	for entry in "${groups[@]}"; do
		need groupadd stage4.groups
		groupadd "${entry}"
	done
	for entry in "${users[@]}"; do
		need useradd stage4.users
		more=()
		[[ ${entry} != *=* ]] || more=(-G "${entry#*=}")
		useradd -m "${more[@]}" "${entry%%=*}"
	done
	for entry in "${keys[@]}"; do
		install_key "${entry}"
	done
}

# Usage: install_key USER   the keys in the input become the user's authorized_keys
install_key() {
	local user=$1 home group
	IFS=: read -r _ _ _ group _ home _ < <(grep "^${user}:" /etc/passwd) || fail "there is no user ${user} for stage4.ssh_public_keys"
	install -d -m 0700 -o "${user}" -g "${group}" "${home}/.ssh"
	install -m 0600 -o "${user}" -g "${group}" "${BOOTSTRAP_SDK}/ssh_keys/${user}" "${home}/.ssh/authorized_keys"
}
