# Distributed under the terms of the MIT license

EAPI=8

inherit toolchain-funcs toolchain-target

DESCRIPTION="The kernel's interface for programs, as C headers"
HOMEPAGE="https://www.kernel.org/"
SRC_URI="mirror://debian/pool/main/l/linux/linux_${PV}.orig.tar.xz"
S="${WORKDIR}/linux-${PV}"

LICENSE="GPL-2 Linux-syscall-note"
SLOT="0"
KEYWORDS="amd64 arm64"

# The folder below arch/ of the kernel's sources.
kernel_arch() {
	case $(target_tuple) in
		aarch64-*) echo arm64 ;;
		x86_64-*) echo x86 ;;
		*) die "nothing is known about the kernel's headers for $(target_tuple)" ;;
	esac
}

# Of 1.5 GB, drivers and all, 25 MB: the headers and what the kernel's Makefile needs to put them together.
src_unpack() {
	local arch
	arch=$(kernel_arch)
	local needed=(
		Makefile include/uapi include/asm-generic scripts tools/include usr/include
		"arch/${arch}/Makefile" "arch/${arch}/include" "arch/${arch}/tools"
	)
	[[ ${arch} != x86 ]] || needed+=( arch/x86/Makefile_32.cpu arch/x86/entry/syscalls )
	# The archive is made of blocks that several cores can unpack. What is not found makes tar fail.
	xz -dc -T0 "${DISTDIR}/${A}" | tar -xf - "${needed[@]/#/linux-${PV}/}"
	[[ ${PIPESTATUS[*]} == "0 0" ]] || die "unpacking failed"
}

src_compile() {
	# Not headers_install, which wants rsync. ARCH is also a variable of Portage, with another meaning.
	emake -s ARCH="$(kernel_arch)" HOSTCC="$(tc-getBUILD_CC)" headers
}

src_install() {
	local sysroot=
	is_native || sysroot=/usr/$(target_tuple)
	find usr/include -type f ! -name '*.h' -delete || die
	insinto "${sysroot}/usr"
	doins -r usr/include
}
