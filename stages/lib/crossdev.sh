# shellcheck shell=bash
# Cross toolchains made by the SDK's own crossdev, as Flatcar makes them. Sourced after contract.sh and portage.sh.

# Where the binary packages of toolchains are kept, apart from those of the SDK: a resumed stage re-uses them.
readonly CROSS_BINPKGS=/var/cache/binpkgs/crossdev

# What a toolchain can be made of: the native package, and crossdev's option for its version.
declare -rA NATIVE=(
	[binutils]=sys-devel/binutils [gcc]=sys-devel/gcc [glibc]=sys-libs/glibc
	[linux-headers]=sys-kernel/linux-headers [gdb]=dev-debug/gdb
)
declare -rA VERSION_OPTION=(
	[binutils]=--binutils [gcc]=--gcc [glibc]=--libc [linux-headers]=--kernel [gdb]=--gdb
)

# Usage: native_version PACKAGE   prints the version that the native package would get
native_version() {
	local native=${NATIVE[$1]:-} cpv
	[[ -n ${native} ]] || fail "no cross toolchain has a package $1: there are ${!NATIVE[*]}"
	cpv=$(portageq best_visible / ebuild "${native}") || fail "no version of ${native} is visible: cross toolchains need one"
	printf '%s\n' "${cpv#"${native}-"}"
}

# Usage: list_cross_sources PACKAGE…   pretends to merge the native packages: their sources are those of the toolchains
list_cross_sources() {
	local package version
	local -a atoms=()
	for package in "$@"; do
		version=$(native_version "${package}")
		atoms+=("=${NATIVE[${package}]}-${version}")
	done
	merge --oneshot --usepkg=n "${atoms[@]}"
}

# Usage: pins_of CHOST PACKAGE…   sets `pins`, crossdev's options for this target in exact versions, and `atoms`, its packages
pins_of() {
	local chost=$1 package version
	shift
	pins=(--target "${chost}")
	atoms=()
	[[ " $* " != *' gdb '* ]] || pins=(--ex-gdb "${pins[@]}")
	for package in "$@"; do
		version=$(native_version "${package}")
		pins+=("${VERSION_OPTION[${package}]}" "=${version}")
		atoms+=("=cross-${chost}/${package}-${version}")
	done
}

# Usage: describe_cross OPTION…   prints what the configuration of a target depends on; the form is Flatcar's, which compares it
describe_cross() {
	printf '# '
	crossdev --version
	printf '# %s\n' "$*"
	crossdev "$@" --show-target-cfg
}

# Usage: configure_cross CHOST   writes the target's configuration and overlay anew if something about it has changed
configure_cross() {
	local chost=$1 stamp description overlay
	overlay=$(argument cross_overlay)
	stamp=/usr/${chost}/etc/portage/${chost}-crossdev
	description=$(describe_cross "${pins[@]}")
	if [[ ! -d ${overlay}/cross-${chost} || ! -f ${stamp} || $(<"${stamp}") != "${description}" ]]; then
		crossdev "${pins[@]}" --ov-output "${overlay}" --init-target
		mkdir -p "${stamp%/*}"
		printf '%s\n' "${description}" >"${stamp}"
	fi
}

# Usage: build_by_crossdev   the whole bootstrap by crossdev if anything is to be built, else the binary packages
build_by_crossdev() {
	local -x PKGDIR=${CROSS_BINPKGS}
	local pretended
	# Read to its end: a grep that has seen enough would end emerge by SIGPIPE, and the pipe would count as failed. If emerge
	# cannot even pretend, the real one below says why, and ends the stage.
	pretended=$(emerge --pretend --update "${atoms[@]}") || true
	if grep -q '^\[ebuild' <<<"${pretended}"; then
		# crossdev takes EMERGE_DEFAULT_OPTS away; with -v it shows what emerge says.
		crossdev "${pins[@]}" --ov-output "$(argument cross_overlay)" \
			--portage "-v ${EMERGE_DEFAULT_OPTS}" --stage4
	else
		emerge --update "${atoms[@]}"
	fi
}

# Usage: newest_profile FOLDER CHOST   prints the newest profile of a compiler or of binutils
newest_profile() {
	local profile
	profile=$(find "$1" -maxdepth 1 -name "$2-*" -printf '%f\n' | sort -V | tail -n 1)
	[[ -n ${profile} ]] || fail "$1 has no profile of $2"
	printf '%s\n' "${profile}"
}

# Usage: select_cross CHOST   the newest compiler and binutils become the ones in use; Flatcar's wrappers, if there are any
select_cross() {
	local chost=$1 binutils gcc
	binutils=$(newest_profile /etc/env.d/binutils "${chost}")
	gcc=$(newest_profile /etc/env.d/gcc "${chost}")
	binutils-config "${binutils}"
	gcc-config "${gcc}"
	if type -P sysroot-config >/dev/null; then
		CC_QUIET=1 sysroot-config --install-links "${chost}"
	fi
}

# Usage: has_rust_target CHOST   whether the standard library of Rust is there for the CPU
has_rust_target() {
	local folder
	for folder in /usr/lib/rustlib '/usr/lib/rust/*/lib/rustlib' '/usr/lib/rust-*/rustlib'; do
		! compgen -G "${folder}/${1%%-*}-unknown-linux-gnu" >/dev/null || return 0
	done
	return 1
}

# Usage: merge_rust CHOST…   Rust is built anew once it can be built for the targets: it looks for their compilers
merge_rust() {
	local chost missing=
	local -x PKGDIR=${CROSS_BINPKGS}
	compgen -G '/var/db/pkg/dev-lang/rust-[0-9]*' >/dev/null || return 0
	for chost in "$@"; do
		has_rust_target "${chost}" || missing+=" ${chost}"
	done
	[[ -n ${missing} ]] || return 0
	phase "merge Rust for${missing}"
	emerge --unmerge dev-lang/rust
	emerge --oneshot dev-lang/rust
}

# Usage: install_crossdev_toolchains CHOST…   all toolchains; in the prepare pass only says what they are made of
install_crossdev_toolchains() {
	local chost
	local -a pins=() atoms=() names=()
	if [[ ${ACTION} != run ]]; then
		for chost in "$@"; do
			cross_names "${chost}"
			list_cross_sources "${names[@]}"
		done
		return
	fi
	type -P crossdev >/dev/null || fail 'there is no crossdev in the root: the packages of stage 4 have to depend on it'
	for chost in "$@"; do
		phase "merge the cross toolchain ${chost}"
		cross_names "${chost}"
		pins_of "${chost}" "${names[@]}"
		configure_cross "${chost}"
		build_by_crossdev
		select_cross "${chost}"
	done
	merge_rust "$@"
}

# Usage: select_python   lets eselect choose, where it can, which Python is the default
select_python() {
	if [[ ${ACTION} == run && -e /usr/share/eselect/modules/python.eselect ]]; then
		eselect python update
	fi
}

# Usage: cross_names CHOST   sets `names`, the packages of a toolchain without category
cross_names() {
	arguments "cross.$1" names
	names=("${names[@]#*/}")
}
