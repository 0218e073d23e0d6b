// Two ebuild repos, a master and an overlay, in which packages come by their files on every road that Portage and ebuilds have.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ebuild = (...lines: string[]): string =>
  ['EAPI=8', 'SLOT=0', 'KEYWORDS=amd64', 'S=${WORKDIR}', ...lines, ''].join('\n')

const install = (...lines: string[]): string => `src_install() {\n${lines.join('\n')}\n}`

const MAIN: Record<string, string> = {
  'profiles/repo_name': 'main\n',
  'profiles/arch.list': 'amd64\n',
  'profiles/categories': 'tools\ndev-c++\n',
  'profiles/eapi': '8\n',
  'profiles/license_groups': 'FREE MIT\n',
  'profiles/package.mask': '',
  'profiles/thirdpartymirrors': 'one https://one.invalid\n',
  'profiles/updates/1Q-2026': '',
  'profiles/base/eapi': '8\n',
  'profiles/base/make.defaults': 'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nACCEPT_LICENSE="*"\n',
  'profiles/base/package.use': '',
  'profiles/base/use.force': '',
  // Of such a folder Portage reads all that is not hidden.
  'profiles/base/package.unmask/ChangeLog': '',
  'profiles/base/package.unmask/metadata.xml': '',
  'profiles/base/use.mask': '',
  'profiles/base/package.bashrc': '',
  'profiles/base/profile.bashrc': 'einfo "main\'s profile.bashrc"\n',
  'metadata/layout.conf':
    'masters =\nthin-manifests = true\nuse-manifests = false\ncache-formats = md5-dict\n',
  'metadata/install-qa-check.d/60check': ':\n',
  'licenses/MIT': 'text\n',
  'eclass/low.eclass': 'LOW=1\n',
  'eclass/base.eclass': 'inherit low\nBASE=1\n',
  'eclass/target.eclass': 'TARGET=1\n',
  'eclass/chosen.eclass': 'CHOSEN=1\n',
  'eclass/data/table': 'data\n',
  'eclass/data/ChangeLog': 'data\n',
  'eclass/reads.eclass': 'READS_AT=${BASH_SOURCE[0]%/*}\nreads_data() { cat "${READS_AT}/data/table"; }\n',
  'tools/plain/plain-1.ebuild': ebuild(
    'inherit base',
    install('insinto /usr/share', 'doins "${FILESDIR}/data"'),
  ),
  'tools/plain/files/data': 'data\n',
  'tools/plain/metadata.xml': '<pkgmetadata/>\n',
  'tools/plain/ChangeLog': 'one\n',
  'tools/metadata.xml': '<catmetadata/>\n',
  'dev-c++/library/library-1.ebuild': ebuild(
    'inherit reads',
    install('reads_data >data', 'insinto /usr/share', 'doins data'),
  ),
  'README.md': 'text\n',
  'metadata/news/one/one.en.txt': 'text\n',
}

const OVERLAY: Record<string, string> = {
  'profiles/repo_name': 'overlay\n',
  'profiles/categories': '_own.x\n',
  'profiles/eapi': '8\n',
  'profiles/sub/eapi': '8\n',
  'profiles/sub/parent': 'main:base\n../other\n',
  'profiles/sub/package.use': '',
  'profiles/sub/profile.bashrc': 'source "${BASH_SOURCE%/*}/../../config/more.bash"\n',
  'profiles/other/eapi': '8\n',
  'profiles/other/make.defaults': 'CFLAGS="-O1"\n',
  'config/more.bash': ':\n',
  'metadata/layout.conf':
    'masters = main\nthin-manifests = true\nuse-manifests = false\nprofile-formats = portage-2\n',
  'eclass/low.eclass': 'LOW=2\n',
  '_own.x/overridden/overridden-1.ebuild': ebuild('inherit base'),
  '_own.x/named/named-1.ebuild': ebuild('WHICH=chosen', 'inherit ${WHICH} alias'),
  'tools/far/far-1.ebuild': ebuild(
    install(
      'insinto /usr/share',
      'doins "${FILESDIR}/../_own.x/named/named-1.ebuild"',
      'doins "${FILESDIR}/data"',
    ),
  ),
  'common/data': 'data\n',
  'impl/linked/linked-1.ebuild': ebuild(
    'WHICH=chosen',
    'inherit base alias ${WHICH}',
    install(
      'insinto /usr/share',
      'doins "${FILESDIR}/data" "${FILESDIR}/../../../tools/plain/plain-1.ebuild"',
    ),
  ),
}

const LINKS: Record<string, string> = {
  'overlay/eclass/alias.eclass': '../../main/eclass/target.eclass',
  'overlay/tools/far/files': '../../common',
  'overlay/tools/linked': '../impl/linked',
  'overlay/impl/linked/files': '/main/tools/plain/files',
  'overlay/impl/linked/loop': '..',
}

/** The packages: where each ebuild is below the root that has both repos. */
export const PACKAGES: Readonly<Record<string, string>> = {
  'tools/plain': 'main/tools/plain/plain-1.ebuild',
  'dev-c++/library': 'main/dev-c++/library/library-1.ebuild',
  '_own.x/overridden': 'overlay/_own.x/overridden/overridden-1.ebuild',
  '_own.x/named': 'overlay/_own.x/named/named-1.ebuild',
  'tools/far': 'overlay/tools/far/far-1.ebuild',
  'tools/linked': 'overlay/tools/linked/linked-1.ebuild',
}

/** Of these, those whose files come by all roads between them. */
export const ALL_ROADS = ['dev-c++/library', 'tools/linked']

/** Files of them that nobody reads. */
export const UNREAD: readonly string[] = [
  'main/tools/plain/metadata.xml',
  'main/tools/plain/ChangeLog',
  'main/tools/metadata.xml',
  'main/README.md',
  'main/metadata/news/one/one.en.txt',
]

/** Writes both to `root`, as `main` and `overlay`; a stage has them at `/main` and `/overlay`. @returns all files */
export function writeRoads(root: string): string[] {
  const all = { ...below('main', MAIN), ...below('overlay', OVERLAY) }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, path.join(root, name))
  return Object.keys(all)
}

const below = (folder: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
