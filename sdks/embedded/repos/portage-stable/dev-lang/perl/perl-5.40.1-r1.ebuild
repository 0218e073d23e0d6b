# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs

DESCRIPTION="Interpreter of the Perl language with its core modules"
HOMEPAGE="https://www.perl.org/"
SRC_URI="mirror://debian/pool/main/p/perl/perl_${PV}.orig.tar.xz"

LICENSE="Artistic GPL-1+"
SLOT="0/5.40"
KEYWORDS="amd64 arm64"

RDEPEND="sys-libs/libxcrypt"
DEPEND="${RDEPEND}"

LIB=/usr/lib/perl5/5.40

PATCHES=( "${FILESDIR}/${P}-reproducible.patch" )

# Databases that nothing here has, and what takes long and only few programs use: the collation of languages,
# a generator of C headers for authors of modules, the encodings of East Asia and of mainframes.
WITHOUT=(
	Compress/Raw/Bzip2 DB_File Devel/PPPort GDBM_File IPC/SysV NDBM_File ODBM_File SDBM_File Unicode/Collate XS/APItest
	XS/Typemap
)
WITHOUT_ENCODINGS=( CN EBCDIC JP KR Symbol TW )

# Tests and manuals make up half of the sources.
src_unpack() {
	local -a without=( "${WITHOUT_ENCODINGS[@]/#/${P}/cpan/Encode/}" )
	tar -xf "${DISTDIR}/${A}" --wildcards --wildcards-match-slash "${without[@]/#/--exclude=}" \
		--exclude='*/t/*' --exclude="${P}/Porting/bench*" --exclude='*.t' || die
	# The build itself uses these.
	tar -xf "${DISTDIR}/${A}" "${P}/cpan/ExtUtils-MakeMaker/t/lib" || die
}

src_prepare() {
	default
	# It asks about each file that is missing.
	local name rest
	while read -r name rest; do
		[[ ! -e ${name} ]] || printf '%s\t%s\n' "${name}" "${rest}"
	done <MANIFEST >MANIFEST.kept || die
	mv MANIFEST.kept MANIFEST || die
}

src_configure() {
	local -a conf=(
		-Dar="$(tc-getAR)"
		-Dcc="$(tc-getCC)"
		-Dnm="$(tc-getNM)"
		-Dranlib="$(tc-getRANLIB)"
		-Doptimize="${CFLAGS}"
		-Dldflags="${LDFLAGS}"
		-Dlddlflags="-shared ${LDFLAGS}"
		# A module that needs a library which is not named here gets its folder as a search path.
		-Dlibswanted="pthread m dl rt crypt"
		-Dlocincpth=
		-Dloclibpth=
		-Dosname=linux
		-Dosvers=6
		-Darchname="${CHOST%%-*}-linux"
		-Dmyhostname=localhost
		-Dmydomain=.localdomain
		-Dperladmin=root@localhost
		-Dcf_by=root
		-Dcf_email=root@localhost
		-Dprefix="${EPREFIX}/usr"
		-Dprivlib="${EPREFIX}${LIB}"
		-Darchlib="${EPREFIX}${LIB}/${CHOST%%-*}-linux"
		-Dvendorprefix="${EPREFIX}/usr"
		-Dvendorlib="${EPREFIX}/usr/lib/perl5/vendor_perl/5.40"
		-Dvendorarch="${EPREFIX}/usr/lib/perl5/vendor_perl/5.40/${CHOST%%-*}-linux"
		-Dsiteprefix="${EPREFIX}/usr/local"
		-Dsitelib="${EPREFIX}/usr/local/lib/perl5/5.40"
		-Dsitearch="${EPREFIX}/usr/local/lib/perl5/5.40/${CHOST%%-*}-linux"
		-Dscriptdir="${EPREFIX}/usr/bin"
		-Dpager=/usr/bin/more
		-Dsh=/bin/sh
		-Dman1dir=none
		-Dman3dir=none
		-Dnoextensions="${WITHOUT[*]}"
		-Uuseshrplib
		-Uusethreads
		-Ui_db
		-Ui_gdbm
		-Ui_ndbm
		-Ui_dbm
		-Ud_dosuid
	)
	./Configure -des "${conf[@]}" || die "Configure failed"
}

src_compile() {
	emake generated_pods= MANIFEST_SRT= all
}

src_install() {
	./perl -Ilib installperl --destdir="${D}" --nopods || die "installperl failed"
	find "${ED}" '(' -name '*.pod' -o -name .packlist ')' -delete || die
	# The texts of `use diagnostics`.
	insinto "${LIB}/pod"
	doins pod/perldiag.pod
	# Programs for manuals that are not there.
	rm -f "${ED}"/usr/bin/{perlbug,perlthanks,splain,perldoc,pod2html} || die
	find "${ED}" -type d -empty -delete || die
	find "${ED}" -type f -exec chmod u+w {} + || die
}
