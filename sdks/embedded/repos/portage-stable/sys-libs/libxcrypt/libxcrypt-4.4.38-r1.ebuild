# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="Library for hashing passwords: crypt(3)"
HOMEPAGE="https://github.com/besser82/libxcrypt"
SRC_URI="mirror://debian/pool/main/libx/libxcrypt/libxcrypt_${PV}.orig.tar.xz"

LICENSE="LGPL-2.1+ BSD public-domain"
SLOT="0/1"
KEYWORDS="amd64 arm64"

# The oldest version of libcrypt's symbols.
symbols_floor() {
	case ${CHOST} in
		aarch64-*) echo GLIBC_2.17 ;;
		x86_64-*) echo GLIBC_2.2.5 ;;
		*) die "nothing is known about libcrypt of ${CHOST}" ;;
	esac
}

# The distribution's archive has no configure script, and its Makefile wants many modules of Perl for three small
# headers. These are made here as its scripts would make them with all methods and --enable-obsolete-api=glibc.
src_configure() {
	local major minor floor
	floor=$(symbols_floor)
	major=$(ver_cut 1)
	minor=$(ver_cut 2)
	cp "${FILESDIR}/config.h" . || die
	awk -f "${FILESDIR}/hashes.awk" lib/hashes.conf >crypt-hashes.h || die
	awk -v what=header -v "floor=${floor}" -f "${FILESDIR}/symbols.awk" lib/libcrypt.map.in >crypt-symbol-vers.h || die
	awk -v what=map -v "floor=${floor}" -f "${FILESDIR}/symbols.awk" lib/libcrypt.map.in >libcrypt.map || die
	sed -e 's/@BEGIN_DECLS@/#include <sys\/cdefs.h>\n\n__BEGIN_DECLS/' -e 's/@END_DECLS@/__END_DECLS/' \
		-e 's/@DEFAULT_PREFIX_ENABLED@/1/' -e "s/@XCRYPT_VERSION_MAJOR@/${major}/" \
		-e "s/@XCRYPT_VERSION_MINOR@/${minor}/" -e "s/@XCRYPT_VERSION_STR@/${PV}/" lib/crypt.h.in >crypt.h || die
	! grep -n '@[A-Z]' crypt.h || die "crypt.h is not complete"
	sed -e "s#@prefix@#${EPREFIX}/usr#" -e 's#@libdir@#${exec_prefix}/'"$(get_libdir)#" \
		-e 's#@includedir@#${prefix}/include#' -e "s/@PACKAGE@/${PN}/" -e "s/@VERSION@/${PV}/" \
		lib/libxcrypt.pc.in >libxcrypt.pc || die
}

src_compile() {
	local source
	local -a objects=() flags=( -std=gnu11 -fPIC -DPIC -DHAVE_CONFIG_H -DIN_LIBCRYPT -I. -Ilib )
	local cc
	cc=$(tc-getCC)
	printf '%s\n' '%.o: lib/%.c' "	${cc} ${CFLAGS} ${CPPFLAGS} ${flags[*]} -c \$< -o \$@" >objects.mk || die
	for source in lib/*.c; do
		case ${source##*/} in
			# A program of its own, and a part of another source.
			gen-des-tables.c | alg-yescrypt-platform.c) ;;
			*) objects+=( "$(basename "${source}" .c).o" ) ;;
		esac
	done
	emake -f objects.mk "${objects[@]}"
	set -- "${cc}" ${CFLAGS} ${LDFLAGS} -shared -Wl,-soname,libcrypt.so.1 -Wl,--version-script,libcrypt.map \
		-Wl,--no-undefined-version -Wl,-z,defs,-z,text,-z,relro,-z,now -o libcrypt.so.1.1.0 "${objects[@]}"
	echo "$@"
	"$@" || die
}

src_install() {
	dolib.so libcrypt.so.1.1.0
	dosym libcrypt.so.1.1.0 "/usr/$(get_libdir)/libcrypt.so.1"
	dosym libcrypt.so.1 "/usr/$(get_libdir)/libcrypt.so"
	doheader crypt.h
	insinto "/usr/$(get_libdir)/pkgconfig"
	doins libxcrypt.pc
	dosym libxcrypt.pc "/usr/$(get_libdir)/pkgconfig/libcrypt.pc"
}
