# Distributed under the terms of the MIT license

EAPI=8

inherit configure-answers flag-o-matic toolchain-funcs

DESCRIPTION="Shell of the GNU project; also /bin/sh"
HOMEPAGE="https://www.gnu.org/software/bash/"
SRC_URI="mirror://debian/pool/main/b/bash/bash_${PV}.orig.tar.xz"

LICENSE="GPL-3+"
SLOT="0"
KEYWORDS="amd64 arm64"

src_configure() {
	tc-export AR CC RANLIB
	# The terminal library inside declares nothing that it calls, which gcc 14 and later take for an error.
	append-cflags -Wno-error=implicit-function-declaration
	append-cppflags \
		-DDEFAULT_PATH_VALUE=\''"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'\' \
		-DSTANDARD_UTILS_PATH=\''"/bin:/usr/bin:/sbin:/usr/sbin"'\' \
		-DSYS_BASHRC=\''"/etc/bash/bashrc"'\'
	# The terminal library inside the sources reads /etc/termcap, so that the shell needs nothing but libc.
	bash_cv_termcap_lib=gnutermcap econf-answered \
		--disable-nls \
		--disable-profiling \
		--disable-rpath \
		--without-bash-malloc \
		--without-curses \
		--without-installed-readline
}

src_compile() {
	emake bash
}

src_install() {
	dobin bash
	dosym bash /usr/bin/rbash
	dosym bash /usr/bin/sh
	newman doc/bash.1 bash.1
	insinto /etc
	doins "${FILESDIR}"/termcap
	insinto /etc/bash
	doins "${FILESDIR}"/bashrc
}
