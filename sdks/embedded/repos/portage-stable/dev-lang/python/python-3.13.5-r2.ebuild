# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="Interpreter of the Python language, as Portage and builds need it"
HOMEPAGE="https://www.python.org/"
SRC_URI="mirror://debian/pool/main/p/python$(ver_cut 1-2)/python$(ver_cut 1-2)_${PV}.orig.tar.xz"
S="${WORKDIR}/Python-${PV}"

LICENSE="PSF-2"
SLOT="3.13"
KEYWORDS="amd64 arm64"

# The distribution's, which a first seed has, come without headers: hence the versions.
RDEPEND="
	>=app-arch/bzip2-1.0.8-r1
	>=app-arch/xz-utils-5.8.1
	>=dev-libs/libffi-3.4.8
	>=sys-libs/zlib-1.3.1
"
DEPEND="${RDEPEND}"

PATCHES=(
	"${FILESDIR}/${P}-reproducible.patch"
	"${FILESDIR}/${P}-one-level-of-bytecode.patch"
)

# What it would build if it found a library for it.
WITHOUT=( _curses _curses_panel _dbm _gdbm _hashlib _sqlite3 _ssl _tkinter _uuid readline )

src_unpack() {
	local -a without=(
		Android Doc Mac PC PCbuild Tools/msi iOS
		Lib/ensurepip/_bundled Lib/idlelib Lib/pydoc_data/topics.py Lib/test Lib/turtledemo
	)
	tar -xf "${DISTDIR}/${A}" "${without[@]/#/--exclude=Python-${PV}/}" || die
}

src_configure() {
	tc-export AR CC CXX RANLIB
	# Without known answers: some of them are given in passing, and change what is built.
	local module
	for module in "${WITHOUT[@]}"; do
		export "py_cv_module_${module}=n/a"
	done
	# Headers of libraries that it is not to find; whether they are there already depends on the order of merges.
	export ac_cv_header_uuid_h=no ac_cv_header_uuid_uuid_h=no
	export ac_cv_lib_uuid_uuid_generate_time=no ac_cv_lib_uuid_uuid_generate_time_safe=no
	# Named in its Makefile: not the version that the seed happens to have.
	export ac_cv_prog_PYTHON_FOR_REGEN=python3
	local -a conf=(
		--disable-optimizations
		--disable-profiling
		--disable-shared
		--disable-test-modules
		--enable-ipv6
		--with-builtin-hashlib-hashes=md5,sha1,sha2,sha3,blake2
		--with-computed-gotos
		--with-dbmliborder=
		--with-pkg-config=no
		--with-platlibdir=lib
		--with-system-expat=no
		--with-system-libmpdec=no
		--with-tzpath=/usr/share/zoneinfo
		--without-dtrace
		--without-ensurepip
		--without-lto
		--without-readline
		--without-static-libpython
		--without-valgrind
	)
	# In place of -O3 -g, which the profile's flags would have to undo.
	OPT=-DNDEBUG econf "${conf[@]}"
}

src_install() {
	# Bytecode that is not compared with the source's time: stages are read-only, and times are not kept.
	emake DESTDIR="${D}" COMPILEALL_OPTS="-q -j2 --invalidation-mode unchecked-hash" altinstall
	local lib="${ED}/usr/lib/python3.13"
	rm -r "${ED}"/usr/share "${ED}"/usr/bin/{idle,pydoc}3.13 "${lib}"/tkinter || die
	# Compiled or not, as two jobs of make happen to meet.
	rm -rf "${lib}"/config-3.13-*/__pycache__ || die
	# Names of the folder that it was built in.
	grep -rlIF "${WORKDIR}" "${ED}" | xargs -r sed -i "s#${S}#/usr/src/python-${PV}#g" || die
	local data
	for data in "${lib}"/_sysconfigdata_*.py; do
		"${ED}/usr/bin/python3.13" -I -m compileall -q -f --invalidation-mode unchecked-hash -s "${D}" -p / "${data}" || die
	done
}
