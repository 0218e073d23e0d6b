# shellcheck shell=bash
# The cross toolchains of stage 4, whoever runs it. Sourced after contract.sh, portage.sh, carry.sh and crossdev.sh.

# Usage: install_cross_overlay   the overlay that holds the cross toolchains' categories, made by the engine
install_cross_overlay() {
	local overlay cross
	# Without toolchains the folder would stay in the SDK for nothing.
	cross=$(argument cross)
	[[ -n ${cross} ]] || return 0
	overlay=$(argument cross_overlay)
	mkdir -p "${overlay}"
	cp -a "${BOOTSTRAP_SDK}/cross-overlay/." "${overlay}/"
}

# Usage: merge_toolchains CHOST…   from the overlay of the engine, step by step, each step of all of them at once: no toolchain
#   needs another, and much of a compiler's build is work for one core
merge_toolchains() {
	local chost atom package flags before step batch
	local -a atoms order=()
	# By step and flags: what is merged at once.
	local -A batches=()
	(($# > 0)) || return 0
	phase "merge the cross toolchains: $*"
	for chost in "$@"; do
		arguments "cross.${chost}" atoms
		step=0 before=
		for atom in "${atoms[@]}"; do
			package=${atom%%'['*}
			flags=
			# What is carried is finished, whatever flags a first pass has.
			[[ ${atom} == "${package}" ]] || was_carried "${package}" || flags=${atom##*'['}
			# With flags of its own it is merged after those before it.
			[[ -z ${flags}${before} ]] || step=$((step + 1))
			before=${flags}
			batch="${step} ${flags%']'}"
			[[ -n ${batches[${batch}]:-} ]] || order+=("${batch}")
			batches[${batch}]+=" ${package}"
		done
	done
	mapfile -t order < <(printf '%s\n' "${order[@]}" | sort --numeric-sort --stable)
	for batch in "${order[@]}"; do
		read -ra atoms <<<"${batches[${batch}]}"
		merge_cross "${batch#* }" "${atoms[@]}"
	done
}

# Usage: merge_cross FLAG,FLAG ATOM…   with these flags beside those of the stage
merge_cross() {
	local flags=${1//,/ }
	shift
	if [[ -z ${flags} ]]; then
		merge --update --oneshot "$@"
	else
		USE="${USE:-} ${flags}" merge --update --oneshot "$@"
	fi
}

# Usage: install_toolchains   all of them, by crossdev or from the overlay of the engine, as the definition says
install_toolchains() {
	local -a cross=()
	arguments cross cross
	if [[ $(argument crossdev) == yes ]]; then
		phase 'bring all packages up to date'
		merge --update --deep --newuse --with-bdeps=y @world
		select_python
		install_crossdev_toolchains "${cross[@]}"
	else
		merge_toolchains "${cross[@]}"
	fi
}
