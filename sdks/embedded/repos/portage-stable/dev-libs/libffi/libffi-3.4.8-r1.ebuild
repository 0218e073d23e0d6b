# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="Library for calls of functions whose types are known at run time only"
HOMEPAGE="https://sourceware.org/libffi/"
SRC_URI="mirror://debian/pool/main/libf/libffi/libffi_${PV}.orig.tar.gz"

LICENSE="MIT"
SLOT="0/8"
KEYWORDS="amd64 arm64"

# libtool's 9:4:1 of libtool-version.
LIBRARY=libffi.so.8.1.4

# The sources have no configure script. What it would find out is known of the two machines there are.
src_configure() {
	tc-export CC
	local target
	[[ $(grep -v '^#' libtool-version) == 9:4:1 ]] || die "the library has another version"
	case ${ARCH} in
		amd64) target=X86_64 FOLDER=x86 SOURCES=( ffi64.c unix64.S ffiw64.c win64.S ) ;;
		arm64) target=AARCH64 FOLDER=aarch64 SOURCES=( ffi.c sysv.S ) ;;
		*) die "nothing is known of ${ARCH}" ;;
	esac
	sed -e "s/@VERSION@/${PV}/; s/@TARGET@/${target}/; s/@HAVE_LONG_DOUBLE@/1/; s/@FFI_EXEC_TRAMPOLINE_TABLE@/0/" \
		include/ffi.h.in >include/ffi.h || die
	cp "src/${FOLDER}/ffitarget.h" include/ || die
	cat >include/fficonfig.h <<-END || die
		#define EH_FRAME_FLAGS "a"
		#define FFI_EXEC_STATIC_TRAMP 1
		#define HAVE_ALLOCA_H 1
		#define HAVE_AS_CFI_PSEUDO_OP 1
		#define HAVE_AS_X86_64_UNWIND_SECTION_TYPE 1
		#define HAVE_AS_X86_PCREL 1
		#define HAVE_HIDDEN_VISIBILITY_ATTRIBUTE 1
		#define HAVE_INTTYPES_H 1
		#define HAVE_LONG_DOUBLE 1
		#define HAVE_MEMCPY 1
		#define HAVE_MEMFD_CREATE 1
		#define HAVE_RO_EH_FRAME 1
		#define HAVE_STDINT_H 1
		#define SIZEOF_DOUBLE 8
		#define SIZEOF_LONG_DOUBLE 16
		#define SIZEOF_SIZE_T 8
		#define STDC_HEADERS 1
		#define VERSION "${PV}"
		#ifdef LIBFFI_ASM
		#define FFI_HIDDEN(name) .hidden name
		#else
		#define FFI_HIDDEN __attribute__ ((visibility ("hidden")))
		#endif
	END
	sed -e "s#@prefix@#${EPREFIX}/usr#; s#@exec_prefix@#\${prefix}#; s#@libdir@#\${prefix}/$(get_libdir)#" \
		-e "s#@toolexeclibdir@#\${libdir}#; s#@includedir@#\${prefix}/include#" \
		-e "s#@PACKAGE_NAME@#${PN}#; s#@PACKAGE_VERSION@#${PV}#" libffi.pc.in >libffi.pc || die
	# Names of versions, as the preprocessor leaves them.
	"${CC}" -D"${target}" -DGENERATE_LIBFFI_MAP -Iinclude -Isrc -E -P -x assembler-with-cpp libffi.map.in \
		-o libffi.map || die
}

src_compile() {
	local -a command=(
		"${CC}" ${CPPFLAGS} ${CFLAGS} -fPIC -fexceptions -fno-lto -DHAVE_CONFIG_H -Iinclude -Isrc
		${LDFLAGS} -shared -Wl,-soname,libffi.so.8 -Wl,--version-script,libffi.map -o "${LIBRARY}"
		src/{prep_cif,types,raw_api,java_raw_api,closures,tramp}.c "${SOURCES[@]/#/src/${FOLDER}/}"
	)
	echo "${command[@]}"
	"${command[@]}" || die
}

src_install() {
	local libdir
	libdir=/usr/$(get_libdir)
	dolib.so "${LIBRARY}"
	dosym "${LIBRARY}" "${libdir}/libffi.so.8"
	dosym "${LIBRARY}" "${libdir}/libffi.so"
	doheader include/{ffi,ffitarget}.h
	insinto "${libdir}/pkgconfig"
	doins libffi.pc
}
