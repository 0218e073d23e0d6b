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

# Usage: merge_toolchains CHOST…   from the overlay of the engine
merge_toolchains() {
	local chost atom package
	local -a atoms plain
	for chost in "$@"; do
		arguments "cross.${chost}" atoms
		phase "merge the cross toolchain ${chost}"
		plain=()
		for atom in "${atoms[@]}"; do
			package=${atom%%'['*}
			# What is carried is finished, whatever flags a first pass has.
			if [[ ${atom} == "${package}" ]] || was_carried "${package}"; then
				plain+=("${package}")
				continue
			fi
			# With flags of its own it is merged by itself, after those before it.
			merge_cross "${plain[@]}"
			plain=()
			with_use "${atom}"
		done
		merge_cross "${plain[@]}"
	done
}

# Usage: merge_cross ATOM…
merge_cross() {
	(($# == 0)) || merge --update --oneshot "$@"
}

# Usage: with_use ATOM[FLAG,FLAG]   merges ATOM with these flags beside those of the stage
with_use() {
	local flags=${1##*'['}
	flags=${flags%']'}
	USE="${USE:-} ${flags//,/ }" merge_cross "${1%%'['*}"
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
