// The files of a definition from nothing: what `init --bare` writes. Two small repositories, and what the first seed is made of.

import type { Architecture, SdkArchitecture } from '../../sdk/architecture.js'
import { bareSeedFiles } from './bare-seed.js'
import { firstPackage, layoutText } from './first-package.js'

/** What the files are made of. */
export interface BareSdk {
  readonly name: string
  /** The JSON Schema of definitions, by its path from the new one: for editors. */
  readonly schema: string
  readonly arch: Pick<Architecture, 'keyword'> & { readonly sdk: Pick<SdkArchitecture, 'chost'> }
  /** Version of Portage in the seed, and the digest of its wheel. */
  readonly portage: { readonly version: string; readonly sha256: string }
}

/** The files by their paths; a script has its execute bit by its first line. */
export function bareSdkFiles(bare: BareSdk): Record<string, string> {
  const { name, arch } = bare
  return {
    'sdk.toml': definitionText(bare),
    'main/profiles/repo_name': `${name}-main\n`,
    'main/profiles/eapi': '8\n',
    'main/profiles/arch.list': `${arch.keyword}\n`,
    'main/profiles/categories': 'sys-apps\n',
    'main/profiles/base/eapi': '8\n',
    'main/profiles/base/make.defaults': defaultsText(bare),
    'main/profiles/base/packages': `# The system set: what stage 3 builds, with all that it needs.\n${SYSTEM.map((each) => `*${each}\n`).join('')}`,
    'main/profiles/base/packages.build': `# What stage 1 merges into its empty root, an atom a line.\n${SYSTEM.map((each) => `${each}\n`).join('')}`,
    'main/metadata/layout.conf': layoutText([], FORMATS),
    'main/scripts/bootstrap.sh': BOOTSTRAP,
    'main/sys-apps/baselayout/baselayout-1.ebuild': baselayoutText(bare),
    'overlay/profiles/repo_name': `${name}-overlay\n`,
    'overlay/profiles/eapi': '8\n',
    'overlay/profiles/categories': 'app-misc\n',
    'overlay/profiles/sdk/eapi': '8\n',
    'overlay/profiles/sdk/parent': `${name}-main:base\n`,
    'overlay/metadata/layout.conf': layoutText([`${name}-main`], FORMATS),
    ...firstPackage('overlay', { name, arch: arch.keyword }),
    ...bareSeedFiles(bare.portage),
  }
}

/** Of profiles: a parent may be in another repository. */
const FORMATS = ['portage-2', 'profile-repo-deps'] as const

/** Programs of the distribution and Portage are packages of the seed; folders and accounts are the first of one's own. */
const SYSTEM = ['sys-apps/baselayout', 'sys-apps/host', 'sys-apps/portage'] as const

const definitionText = ({ name, schema, arch }: BareSdk): string => `#:schema ${schema}
# An SDK from nothing: two repositories of your own, and a first seed that is made from this machine's distribution. Each stage
# takes seconds. docs/sdk-definition.md describes every key.
format = 1
name = ${JSON.stringify(name)}
# The first part of archive names, and the folder below builds/.
type = ${JSON.stringify(`${name}-sdk`)}
# The first part of a version; a build adds the time: 1.0.0+2026-01-31-1200
version_id = "1.0.0"
arch = ${JSON.stringify(arch.keyword)}
chost = ${JSON.stringify(arch.sdk.chost)}
# REPO:FOLDER below its profiles/. overlay/profiles/sdk is a child of main/profiles/base.
profile = ${JSON.stringify(`${name}-overlay:sdk`)}

# The main repository: profiles, the packages that each root begins with, and the script that builds the toolchain.
[[repos]]
name = ${JSON.stringify(`${name}-main`)}
path = "main"
# Where it is in the finished SDK.
archive = ${JSON.stringify(`/var/gentoo/repos/${name}-main`)}
main = true

# What is special about this SDK.
[[repos]]
name = ${JSON.stringify(`${name}-overlay`)}
path = "overlay"
archive = ${JSON.stringify(`/var/gentoo/repos/${name}-overlay`)}

[stage2]
# Of the main repository: builds the toolchain. There is none yet; merge yours there.
bootstrap = "scripts/bootstrap.sh"

[stage3]
# The system set, main/profiles/base/packages, and all that it needs.
packages = ["@world"]

[stage4]
# What the finished SDK has beside its system.
packages = [${JSON.stringify(`app-misc/hello-${name}`)}]

# What a stage takes over from the one before, as binary packages, in place of building it. As soon as one of your repositories
# has an ebuild for something, take it out here: "-sys-apps/sed".
[carry.${JSON.stringify(`${name}-overlay:sdk`)}]
stage1 = ["*/*", "-sys-apps/baselayout"]
stage2 = ["*/*", "-sys-apps/baselayout"]
stage3 = ["*/*", "-sys-apps/baselayout"]

[seed]
# The ID in os-release, by which a run knows that it is inside this SDK.
os_release_id = ${JSON.stringify(`${name}-sdk`)}

[seed.distribution]
# How packages of Debian or Ubuntu become those of the first seed.
groups = "seed/groups.toml"
`

const defaultsText = ({ arch: { keyword, sdk } }: BareSdk): string => `# What every package is built with.
ARCH="${keyword}"
ACCEPT_KEYWORDS="${keyword}"
ACCEPT_LICENSE="*"
CHOST="${sdk.chost}"
CFLAGS="-O2 -pipe"
CXXFLAGS="\${CFLAGS}"
# Flags of profiles, which every ebuild may ask for.
USE_EXPAND="ELIBC KERNEL"
USE_EXPAND_UNPREFIXED="ARCH"
USE_EXPAND_IMPLICIT="ARCH ELIBC KERNEL"
USE_EXPAND_VALUES_ARCH="${keyword}"
USE_EXPAND_VALUES_ELIBC="glibc"
USE_EXPAND_VALUES_KERNEL="linux"
IUSE_IMPLICIT="prefix prefix-guest prefix-stack"
ELIBC="glibc"
KERNEL="linux"
CONFIG_PROTECT="/etc"
`

const BOOTSTRAP = `#!/bin/bash
# What stage 2 runs: merges the toolchain that builds all of stage 3. With -v it only has to say what it would merge.
set -euo pipefail

emerge --oneshot sys-apps/baselayout
`

const baselayoutText = ({
  arch,
}: BareSdk): string => `# Distributed under the terms of the licence of your choice

EAPI=8

DESCRIPTION="Folders, links and account files that everything else is installed into"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
S="\${WORKDIR}"

LICENSE="public-domain"
SLOT="0"
KEYWORDS="${arch.keyword}"
# Stage 1 merges it with this flag, before all others.
IUSE="build"

# Empty folders of a running system are no package's payload: a stage may have live mounts there.
pkg_preinst() {
	local dir
	for dir in dev home mnt proc root run sys tmp usr/{bin,sbin,lib,lib64} var/{cache,db,lib,log,tmp}; do
		[[ -d \${EROOT}/\${dir} ]] || mkdir -p "\${EROOT}/\${dir}" || die
	done
	chmod 1777 "\${EROOT}/tmp" "\${EROOT}/var/tmp" || die
}

src_install() {
	local dir
	# /usr is merged: everything else may say /bin or /usr/bin.
	for dir in bin sbin lib lib64; do
		dosym "usr/\${dir}" "/\${dir}"
	done
	insinto /etc
	newins - passwd <<<"root:x:0:0:root:/root:/bin/bash
portage:x:250:250:portage:/var/tmp/portage:/bin/false"
	newins - group <<<"root:x:0:
tty:x:5:
portage:x:250:portage"
}
`
