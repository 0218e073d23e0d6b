// What each definition begins with that `init` writes: a repository, and a package in it.

/** The `metadata/layout.conf` of a repository. `formats` are those of its profiles. */
export const layoutText = (
  masters: readonly string[],
  formats: readonly string[],
): string => `# Eclasses and licences are looked for here first, then in these repositories.
masters = ${masters.join(' ')}
# Manifests list what is downloaded, and no files of this repository: it is under version control.
thin-manifests = true
sign-manifests = false
cache-formats = md5-dict
profile-formats = ${formats.join(' ')}
`

/** The files of a program that says whose it is, in `repo`. */
export function firstPackage(
  repo: string,
  { name, arch }: { readonly name: string; readonly arch: string },
): Record<string, string> {
  const folder = `${repo}/app-misc/hello-${name}`
  return {
    [`${folder}/hello-${name}-1.ebuild`]: ebuildText(name, arch),
    [`${folder}/files/hello-${name}`]: `#!/bin/sh\necho "hello from ${name}"\n`,
  }
}

const ebuildText = (
  name: string,
  arch: string,
): string => `# Distributed under the terms of the licence of your choice

EAPI=8

DESCRIPTION="A program of ${name}: the first package of your own"
HOMEPAGE="https://wiki.gentoo.org/wiki/No_homepage"
# Nothing is downloaded: what is installed is in files/. A source would be named here, with its digests in a file Manifest.
S="\${WORKDIR}"

LICENSE="public-domain"
SLOT="0"
KEYWORDS="${arch}"

src_install() {
	dobin "\${FILESDIR}/hello-${name}"
}
`
