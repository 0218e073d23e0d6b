# shellcheck shell=bash
# How a stage script uses Portage. Sourced after contract.sh.

# shellcheck source=stages/lib/ccache.sh
source "${BASH_SOURCE[0]%/*}/ccache.sh"

# Usage: parallel_options SCOPE   prints options for parallel jobs, those that this Portage knows
#   SCOPE says which merges wait for builds. none: for an empty root, which no build uses; toolchain: for a root in use,
#   where what every build runs still waits. And however little space is free, there are as many jobs as were asked for: the
#   engine has looked at the space, and the order of merges must not hang on it.
parallel_options() {
	local option
	for option in "--merge-wait-scope=$1" --jobs-tmpdir-require-free-gb=0; do
		! knows_option "${option}" || printf '%s\n' "${option}"
	done
}

# Usage: knows_option OPTION=VALUE   whether emerge knows it: each start of emerge takes most of a second, so its source is read
knows_option() {
	local -a sources=(/usr/lib/python*/*-packages/_emerge/main.py)
	if [[ -f ${sources[0]} ]]; then
		[[ -z $(grep -L -e "\"${1%%=*}\"" "${sources[@]}" || true) ]]
	else
		emerge "$1" --version &>/dev/null
	fi
}

# Binary packages are made and taken (catalyst: pkgcache); not when the seed is updated, whose packages are no stage's own.
readonly BINARY_OPTIONS='--usepkg --buildpkg --binpkg-respect-use=y --newuse'

# Usage: setup_portage SCOPE   the emerge options of all stages (catalyst: pkgcache); SCOPE as for parallel_options
setup_portage() {
	local -a options=(
		"${BINARY_OPTIONS}" --quiet-build=y --jobs="$(argument jobs)"
		--load-average="$(argument load)"
	)
	is_as_catalyst || options+=(--ignore-built-slot-operator-deps=y --backtrack=10)
	mapfile -t -O "${#options[@]}" options < <(parallel_options "$1")
	# Those of an envscript first, so that ours win; of theirs none may ask, fetch, or hide what a pretended run says.
	[[ -z ${EMERGE_DEFAULT_OPTS:-} ]] || options=("${EMERGE_DEFAULT_OPTS}" --ask=n --getbinpkg=n --quiet=n "${options[@]}")
	EMERGE_DEFAULT_OPTS="${options[*]}"
	# The list of a run is made by a pretended one: whatever calls emerge, bootstrap.sh too, only says what it would do.
	if [[ ${ACTION} != run ]]; then
		EMERGE_DEFAULT_OPTS+=" --pretend --verbose"
		# The pass may come a second time.
		: >"${OUTPUT}/pretend"
	fi
	export EMERGE_DEFAULT_OPTS
	use_compiler_cache
}

# Usage: merge OPTION|ATOM…   runs emerge; in the prepare pass only notes what it would merge
merge() {
	if [[ ${ACTION} == run ]]; then
		# Compilers may have come or gone.
		use_compiler_cache
		emerge "$@"
	else
		note emerge "$@"
	fi
}

# Usage: note PROGRAM ARGUMENT…   runs what pretends to merge; what it says, and why not, in the order in which it does
note() {
	"$@" 2>&1 | tee -a "${OUTPUT}/pretend"
}

# Usage: install_configuration ROOT   the run's portage configuration becomes ROOT's
install_configuration() {
	remove_gone
	mkdir -p "$1/etc/portage"
	# Portage takes a file or a folder for most of them, and the seed may have the other one.
	make_way "${BOOTSTRAP_SDK}/portage" "${1%/}/etc/portage" links
	cp -a "${BOOTSTRAP_SDK}/portage/." "$1/etc/portage/"
}

# Usage: set_use WORD…   USE of the merges that follow, in make.conf of "/": there package.use wins over it, as in catalyst,
#   and in the environment it would not (portage(5), USE_ORDER)
set_use() {
	# Anew, not appended to: the file may be what an earlier call has left.
	cp -p "${BOOTSTRAP_SDK}/portage/make.conf" /etc/portage/make.conf
	printf 'USE="%s"\n' "$*" >>/etc/portage/make.conf
}

# Usage: list_distfiles   what the pretended merges need, for the engine to fetch: sources, and what live ebuilds are built from
list_distfiles() {
	python3 "${BOOTSTRAP_SDK}/stage/lib/live.py" "${OUTPUT}/pretend" "${OUTPUT}/distfiles.json" >"${OUTPUT}/live.json"
}

# Usage: list_packages ROOT   the packages of ROOT, for the record
list_packages() {
	local folder cpv
	for folder in "$1"/var/db/pkg/*/*/; do
		[[ -f ${folder}/PF ]] || continue
		cpv=${folder%/}
		cpv=${cpv#"$1"/var/db/pkg/}
		printf '%s\t%s\t%s\t%s\n' "${cpv}" "$(<"${folder}/repository")" "$(<"${folder}/SLOT")" "$(<"${folder}/BUILD_TIME")"
	done >"${OUTPUT}/packages"
}

# Usage: world_is_empty   a stage's world set stays empty: its merges are oneshot
world_is_empty() {
	mkdir -p /var/lib/portage
	: >/var/lib/portage/world
}
