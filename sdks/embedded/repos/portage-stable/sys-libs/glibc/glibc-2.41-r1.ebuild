# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs toolchain-target

DESCRIPTION="C library, its loader and its headers"
HOMEPAGE="https://www.gnu.org/software/libc/"
SRC_URI="mirror://debian/pool/main/g/glibc/glibc_${PV}.orig.tar.xz"

LICENSE="LGPL-2.1+ BSD GPL-2+"
SLOT="0"
KEYWORDS="amd64 arm64"

# Python and bison, which take part in the build, are of the system set, and are built after their C library.
if is_native; then
	DEPEND=">=sys-kernel/linux-headers-6.12"
else
	DEPEND="${CATEGORY}/linux-headers"
	BDEPEND="${CATEGORY}/binutils ${CATEGORY}/gcc"
fi
RDEPEND="${DEPEND}"

BUILD_DIR="${WORKDIR}/build"

PATCHES=(
	"${FILESDIR}/${P}-fewer-subdirs.patch"
	"${FILESDIR}/${P}-eight-charsets.patch"
)

# Where programs look for their loader: the compiler writes this folder into them.
loader_dir() {
	case $(target_tuple) in
		aarch64-*) echo /lib ;;
		x86_64-*) echo /lib64 ;;
		*) die "nothing is known about the loader of $(target_tuple)" ;;
	esac
}

# The root for which the target's programs are built.
sysroot() {
	is_native || echo "/usr/$(target_tuple)"
}

# Of 280 MB, tests and their tables make up the half.
src_unpack() {
	tar -xf "${DISTDIR}/${A}" --wildcards --wildcards-match-slash \
		--exclude='*/ChangeLog*' --exclude='*/benchtests/*' --exclude='*/advisories/*' \
		--exclude='*/math/auto-libm-test-*' --exclude='*/math/libm-test-*' --exclude='*/iconvdata/testdata/*' \
		--exclude='*/localedata/unicode-gen/*' --exclude='*/localedata/*.UTF-8.in' || die
}

src_configure() {
	local target conf
	target=$(target_tuple)
	# It has its own idea of flags; -O1 is too little for it.
	unset CPPFLAGS CXXFLAGS LDFLAGS
	export CFLAGS="-O2 -pipe" BUILD_CC
	BUILD_CC=$(tc-getBUILD_CC)
	conf=(
		--host="${target}"
		--disable-build-nscd
		--disable-mathvec
		--disable-nscd
		--disable-profile
		--disable-systemtap
		--disable-timezone-tools
		--disable-werror
		--enable-stack-protector=no
		# One folder, also where the environment of a target, crossdev's for one, has another for its ABI.
		--libdir="${EPREFIX}/usr/lib"
		--with-headers="${EPREFIX}$(sysroot)/usr/include"
		--without-gd
		--without-selinux
		libc_cv_slibdir=/usr/lib
		libc_cv_rtlddir="$(loader_dir)"
		libc_cv_complocaledir=/usr/lib/locale
		# Only tests and programs that are not installed want these: nobody looks whether they are there.
		libc_cv_cxx_link_ok=no
		ac_cv_path_PERL=no
		ac_cv_prog_AUTOCONF=no
		ac_cv_prog_MAKEINFO=:
		ac_cv_prog_MSGFMT=:
	)
	if is_native; then
		tc-export AR AS CC LD NM OBJDUMP RANLIB
	else
		export CC=${target}-gcc AR=${target}-ar AS=${target}-as LD=${target}-ld NM=${target}-nm
		export OBJCOPY=${target}-objcopy OBJDUMP=${target}-objdump RANLIB=${target}-ranlib READELF=${target}-readelf
	fi
	mkdir "${BUILD_DIR}" || die
	cd "${BUILD_DIR}" || die
	ECONF_SOURCE="${S}" econf "${conf[@]}"
}

src_compile() {
	# Each of its 5,000 commands is a page long.
	emake -s -C "${BUILD_DIR}"
}

# Programs of the build, run with the library of the build.
built() {
	"${BUILD_DIR}/elf/ld.so" --library-path "${BUILD_DIR}" "${BUILD_DIR}/$1" "${@:2}"
}

src_install() {
	local root file
	root=${ED}$(sysroot)
	emake -s -C "${BUILD_DIR}" install_root="${root}" install
	# Links of the root lead to these folders.
	mkdir -p "${root}/usr/sbin" || die
	mv "${root}/sbin"/* "${root}/usr/sbin" || die
	mv "${root}$(loader_dir)"/* "${root}/usr/lib" || die
	rmdir "${root}/sbin" "${root}$(loader_dir)" || die
	# Profilers, and getconf for other sizes of words.
	rm -r "${root}"/{etc,var} "${root}"/usr/{libexec,share} "${root}"/usr/lib/{audit,libpcprofile.so,libmemusage.so} \
		"${root}"/usr/lib/gconv/gconv-modules.d || die
	if is_native; then
		for file in "${root}"/usr/{bin,sbin}/*; do
			case ${file##*/} in
				gencat | getconf | getent | iconv | ldconfig | ldd | locale) ;;
				*) rm "${file}" || die ;;
			esac
		done
		mkdir -p "${root}/usr/lib/locale" || die
		I18NPATH=${S}/localedata built locale/localedef --no-archive --prefix="${ED}" \
			-i C -f "${S}/localedata/charmaps/UTF-8" C.UTF-8 || die "there would be no C.UTF-8"
		# env-update makes ld.so.conf of it, and runs ldconfig.
		newenvd - 00glibc <<<'LDPATH="/usr/lib"'
	else
		rm -r "${root}"/usr/{bin,sbin} || die
		dosym usr/lib "$(sysroot)/lib"
		[[ $(loader_dir) == /lib ]] || dosym usr/lib "$(sysroot)$(loader_dir)"
	fi
}

# Usage: with_libraries FOLDER COMMAND...; runs an installed program with the loader and the libraries of a folder.
with_libraries() {
	"$1/$(basename "$1"/ld-linux*)" --library-path "$1" "$(type -P "$2")" "${@:3}"
}

# What runs now, Portage before all, has to run with the new library, too. Usage: check_programs FOLDER
check_programs() {
	local program
	for program in bash cat chmod find grep gawk ld ln make mkdir mv rm sed tar xz; do
		with_libraries "$1" "${program}" --version >/dev/null || die "${program} would not run with this library"
	done
	with_libraries "$1" python3 -c 'import _ctypes, hashlib, select, subprocess, threading, zlib' ||
		die "Python would not run with this library"
}

# A new loader does not work with an old library, nor the other way round. One process puts all in place, loader and
# library within microseconds of each other; what Portage merges afterwards are the same files again.
# Usage: replace_libraries NEW OLD
replace_libraries() {
	local staging=$2/.${PF} file
	local -a first=() others=()
	rm -rf "${staging}" || die
	mkdir "${staging}" || die
	cp -p "$1"/*.so.* "${staging}" || die
	for file in "${staging}"/*; do
		case ${file##*/} in
			ld-linux* | libc.so.6) first+=( "${file}" ) ;;
			*) others+=( "${file}" ) ;;
		esac
	done
	mv -f -t "$2" "${first[@]}" "${others[@]}" || die
	rmdir "${staging}" || die
}

pkg_preinst() {
	local lib=${EROOT}$(sysroot)/lib
	if ! is_native; then
		# crossdev makes an empty folder where the link goes; Portage would put the link beside it.
		[[ ! -d ${lib} || -L ${lib} ]] || rmdir "${lib}" || die "${lib} is a folder with files in it, not a link to usr/lib"
	elif [[ -z ${ROOT} ]]; then
		check_programs "${ED}/usr/lib"
		replace_libraries "${ED}/usr/lib" "${EROOT}/usr/lib"
	fi
}
