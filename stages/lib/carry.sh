# shellcheck shell=bash
# Carried packages: a stage takes them over from its seed as binary packages instead of building them.
# Sourced after contract.sh.

readonly BINPKGS=/var/cache/binpkgs CARRIED=/var/cache/carried

# Usage: is_carried CATEGORY/PACKAGE GLOB…   the last matching glob decides; a leading - says no
is_carried() {
	local cp=$1 glob answer=1
	shift
	for glob in "$@"; do
		# shellcheck disable=SC2053 # the right side is a glob
		[[ ${cp} == ${glob#-} ]] || continue
		[[ ${glob} == -* ]] && answer=1 || answer=0
	done
	return "${answer}"
}

# Usage: read_cpv CATEGORY/PACKAGE-VERSION   sets `cp` to category/package; fails when there is no version
read_cpv() {
	[[ $1 =~ ^(.+)-[0-9][^-]*(-r[0-9]+)?$ ]] || return 1
	cp=${BASH_REMATCH[1]}
}

# Usage: carried_atoms GLOB…   prints `=category/package-version` for each installed package that the globs carry
carried_atoms() {
	local folder cpv cp
	for folder in /var/db/pkg/*/*/; do
		cpv=${folder#/var/db/pkg/}
		cpv=${cpv%/}
		read_cpv "${cpv}" || continue
		if is_carried "${cp}" "$@"; then
			printf '=%s\n' "${cpv}"
		fi
	done
}

# Usage: quickpkg_into FOLDER ATOM…   makes the binary packages that are not there yet (an aborted try may have left some)
quickpkg_into() {
	local folder=$1 atom cpv cp
	local -a missing=()
	shift
	for atom in "$@"; do
		cpv=${atom#=}
		read_cpv "${cpv}"
		compgen -G "${folder}/${cp}/${cpv##*/}-*.gpkg.tar" >/dev/null || missing+=("${atom}")
	done
	((${#missing[@]} == 0)) || quickpkg_at_once "${folder}" "${missing[@]}"
}

# Usage: quickpkg_at_once FOLDER ATOM…   by several programs: each waits for its compressor, package by package. Their starts take
#   time, too, so that a few packages are one's. The index of FOLDER is written under Portage's own lock.
quickpkg_at_once() {
	local folder=$1 most index
	local -a shares=()
	shift
	most=$(argument jobs)
	((${most:-0} > 0)) || most=1
	((most <= 4)) || most=4
	((most <= ($# + 7) / 8)) || most=$((($# + 7) / 8))
	for ((index = 0; index < $#; index++)); do
		shares[index % most]+=" ${*:index + 1:1}"
	done
	printf '%s\n' "${shares[@]}" | PKGDIR=${folder} xargs -P "${most}" -L 1 quickpkg --include-config=y --umask=022
}

# Usage: carry_packages   fills BINPKGS with this stage's carried packages, says which they are, and masks other versions of them and of what it holds
carry_packages() {
	local -a globs atoms later held
	arguments carry globs
	phase 'carry packages over from the seed'
	mapfile -t atoms < <(carried_atoms "${globs[@]}")
	quickpkg_into "${BINPKGS}" "${atoms[@]}"
	printf '%s\n' "${atoms[@]#=}" | sed '/^$/d' >"${OUTPUT}/carried"
	# What a later stage carries although no stage in between installs it (cross toolchains) waits in a pool.
	arguments carry_later later
	if ((${#later[@]} > 0)); then
		mapfile -t atoms < <(carried_atoms "${later[@]}")
		quickpkg_into "${CARRIED}" "${atoms[@]}"
	fi
	if [[ $(argument use_pool) == yes ]]; then
		take_from_pool "${globs[@]}"
	fi
	# The engine has linked this into /etc/portage/package.mask.
	arguments hold held
	mapfile -t atoms < <(sed 's/^/=/' "${OUTPUT}/carried"; carried_atoms "${held[@]}")
	: >"${OUTPUT}/carried.mask"
	((${#atoms[@]} == 0)) || printf '%s\n' "${atoms[@]#=}" | python3 "${BOOTSTRAP_SDK}/stage/lib/carried-mask.py" >"${OUTPUT}/carried.mask"
}

# Usage: was_carried CATEGORY/PACKAGE   whether this stage has it from its seed
was_carried() {
	local line cp
	while IFS= read -r line; do
		read_cpv "${line}" || continue
		[[ ${cp} != "$1" ]] || return 0
	done <"${OUTPUT}/carried"
	return 1
}

# Usage: copy_package FILE FOLDER   in one step, in the place of one that an earlier run, perhaps of another chain, has left
copy_package() {
	local target=$2/${1##*/}
	mkdir -p "$2"
	cp "$1" "${target}.new"
	mv "${target}.new" "${target}"
}

# Usage: take_from_pool GLOB…   copies the pool's packages that the globs carry
take_from_pool() {
	local file cp
	if (($# > 0)) && ! compgen -G "${CARRIED}/*/*/*.gpkg.tar" >/dev/null; then
		fail 'nothing is there of what stage 1 kept for this stage: build stage 1 again (--rebuild stage1)'
	fi
	for file in "${CARRIED}"/*/*/*.gpkg.tar; do
		[[ -f ${file} ]] || continue
		cp=${file#"${CARRIED}"/}
		cp=${cp%/*}
		is_carried "${cp}" "$@" || continue
		copy_package "${file}" "${BINPKGS}/${cp}"
		printf '%s\n' "${cp%/*}/$(basename "${file}" | sed 's/-[0-9]*\.gpkg\.tar$//')" >>"${OUTPUT}/carried"
	done
}
