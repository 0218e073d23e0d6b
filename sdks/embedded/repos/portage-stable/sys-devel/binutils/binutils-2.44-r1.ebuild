# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers toolchain-funcs toolchain-target

DESCRIPTION="Assembler, linker and tools for object files"
HOMEPAGE="https://www.gnu.org/software/binutils/"
SRC_URI="mirror://debian/pool/main/b/binutils/binutils_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

SMALL_SHELL=yes

# The distribution's zlib, which a first seed has, comes without headers: hence the version.
RDEPEND=">=sys-libs/zlib-1.3.1"
DEPEND="${RDEPEND}"

BUILD_DIR="${WORKDIR}/build"

PATCHES=( "${FILESDIR}/${P}-linker-scripts.patch" )

# Tests, documents, translations and the parts that are not built make up four fifths of the sources.
src_unpack() {
	tar -xf "${DISTDIR}/${A}" --wildcards --wildcards-match-slash \
		--exclude='*/ChangeLog*' --exclude='*/testsuite/*/*' --exclude='*.po' --exclude='*.gmo' \
		--exclude='*/gprof/*' --exclude='*/gprofng/*' --exclude='*/texinfo/*' \
		--exclude='*/zlib/*' --exclude='*/doc/*.info' || die
	local dir
	for dir in etc gprof gprofng texinfo zlib; do
		rm -rf "${S:?}/${dir}" || die
	done
}

src_configure() {
	local target conf
	target=$(target_tuple)
	tc-export AR AS CC CXX NM RANLIB STRIP
	conf=(
		--target="${target}"
		--disable-gdb
		--disable-gold
		--disable-gprof
		--disable-gprofng
		--disable-install-libbfd
		--disable-install-libiberty
		--disable-libctf
		--disable-multilib
		--disable-nls
		--disable-shared
		--disable-werror
		--enable-default-hash-style=gnu
		--enable-deterministic-archives
		--enable-plugins
		--enable-relro
		--with-system-zlib
		--without-debuginfod
		--without-msgpack
		--without-zstd
	)
	if is_native; then
		# With a sysroot, even "/", --sysroot works.
		conf+=(
			--with-sysroot=/
			--with-lib-path="=/usr/local/lib:=/usr/lib"
		)
	else
		conf+=( --with-sysroot="${EPREFIX}/usr/${target}" )
	fi
	mkdir "${BUILD_DIR}" || die
	cd "${BUILD_DIR}" || die
	# A relative path: an absolute one would be in messages of the tools.
	ECONF_SOURCE="../${P}" econf-answered "${conf[@]}"
}

# Folders that make has to be told, the same for building and installing: the native tools have no /usr/TARGET.
make_binutils() {
	local -a args=( MAKEINFO=true )
	is_native && args+=( tooldir="${EPREFIX}/usr" )
	emake -C "${BUILD_DIR}" "${args[@]}" "$@"
}

src_compile() {
	# Each part has a configure script of its own, which make runs.
	answered make_binutils
}

src_install() {
	make_binutils DESTDIR="${D}" install
	local tool
	# Manuals need programs that the system set lacks; libraries would be files of two packages.
	rm -rf "${ED}"/usr/{include,share} "${ED}/usr/$(get_libdir)"/{bfd-plugins,*.a,*.la} || die
	if is_native; then
		for tool in "${ED}"/usr/bin/*; do
			dosym "${tool##*/}" "/usr/bin/${CHOST}-${tool##*/}"
		done
	fi
}
