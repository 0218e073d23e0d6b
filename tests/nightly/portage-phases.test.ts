// The patches of Portage that leave out phases in which nothing would be done (sys-apps/portage of embedded), by real Portage:
// which shells are started for which package, and that what is installed does not hang on it. Needs root, gcc and pip's index.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { capture } from '../../src/process/run.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { portageHost, runOnHost } from '../helpers/portage-host.js'
import { privileged } from '../integration/sandbox-helpers.js'

const TRIAL = path.resolve(import.meta.dirname, '../../../tests/fixtures/configure-answers/trial-1.ebuild')

const PHASES = ['setup', 'preinst', 'postinst', 'prerm', 'postrm'] as const

/** A package with a document, and a function for each of these phases that says in a file that it ran. */
const ebuild = (phases: readonly string[], more = ''): string => `EAPI=8
DESCRIPTION="d"
HOMEPAGE="https://example.org"
LICENSE="MIT"
SLOT="0"
KEYWORDS="amd64"
S="\${WORKDIR}"
src_install() {
	insinto /usr/share/doc/\${PN}
	newins - text <<<document
	insinto /usr/share/\${PN}
	newins - text <<<'of the package'
}
${phases.map((phase) => `pkg_${phase}() { echo "\${PN} pkg_${phase}" >>/var/tmp/ran; }\n`).join('')}${more}`

const PACKAGES: Readonly<Record<string, string>> = {
  none: ebuild([]),
  ...Object.fromEntries(PHASES.map((phase) => [`only-${phase}`, ebuild([phase])])),
  // As a bashrc of the build leaves one.
  hook: ebuild([], 'post_pkg_preinst() { echo "hook post_pkg_preinst" >>/var/tmp/ran; }\n'),
  success: ebuild([], 'EBUILD_SUCCESS_HOOKS="said"\nsaid() { echo "success said" >>/var/tmp/ran; }\n'),
}

/** Runs all of it, each part with its own list of the shells that were started. */
const SCRIPT = `
set -Eeuo pipefail
export PKGDIR=/var/tmp/packages ROOT=/var/tmp/root
mkdir -p "\${PKGDIR}" "\${ROOT}"
: >/var/tmp/shells
: >/var/tmp/ran
part() {
	local name=$1
	shift
	"$@" &>"/var/tmp/log-\${name}" || { cat "/var/tmp/log-\${name}"; exit 1; }
	mv /var/tmp/shells "/var/tmp/shells-\${name}"
	mv /var/tmp/ran "/var/tmp/ran-\${name}"
	: >/var/tmp/shells
	: >/var/tmp/ran
}
names=(${Object.keys(PACKAGES).join(' ')})
atoms=("\${names[@]/#/app-misc/}")
options=(--oneshot --nodeps --quiet --color=n)
part build env FEATURES="\${FEATURES} buildpkg" emerge "\${options[@]}" --buildpkgonly "\${atoms[@]}"
part merge emerge "\${options[@]}" --usepkgonly "\${atoms[@]}"
cp -a /var/tmp/root /var/tmp/merged
part unmerge emerge --quiet --unmerge "\${atoms[@]}"
part bashrc env PORTAGE_CONFIGROOT=/var/tmp/configured emerge "\${options[@]}" --usepkgonly app-misc/none
cp -a /var/tmp/root /var/tmp/merged-by-shells
`

describe('phases of packages', privileged, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'portage-phases-'))
  const tmp = path.join(folder, 'tmp')
  const part = (...names: string[]): string => path.join(tmp, ...names)
  const lines = (name: string): string[] => readFileSync(part(name), 'utf8').split('\n').filter(Boolean)
  const shellsOf = (name: string, pf: string): string[] =>
    lines(`shells-${name}`)
      .filter((line) => line.startsWith(`${pf}-1 `))
      .map((line) => line.slice(pf.length + 3))
      .filter((shell) => !shell.includes('_qa_check'))

  before(async () => {
    await portageHost(folder, TRIAL)
    const script = path.join(folder, 'root/usr/lib/portage/bin/ebuild.sh')
    const note =
      '[[ $EBUILD_PHASE == depend ]] || echo "$PF $EBUILD_PHASE$MISC_FUNCTIONS_ARGS" >>/var/tmp/shells\n'
    writeFileSync(script, `#!/usr/bin/env bash\n${note}${readFileSync(script, 'utf8')}`)
    for (const [name, text] of Object.entries(PACKAGES)) {
      mkdirSync(path.join(folder, 'repo/app-misc', name), { recursive: true })
      writeFileSync(path.join(folder, 'repo/app-misc', name, `${name}-1.ebuild`), text)
    }
    cpSync(path.join(folder, 'etc/portage'), part('configured/etc/portage'), { recursive: true })
    writeFileSync(part('configured/etc/portage/bashrc'), 'echo "bashrc $EBUILD_PHASE" >>/var/tmp/ran\n')
    const env = { FEATURES: 'nodoc', PORTAGE_COMPRESS: '' }
    const { outcome, stdout, stderr } = await runOnHost(folder, ['/bin/bash', '-c', SCRIPT], { tmp, env })
    assert.equal(outcome.exitCode, 0, stdout + stderr)
  })
  after(() => removeTree(folder, os.tmpdir()))

  test('a binary package that defines none is merged and unmerged without a shell', () => {
    assert.deepEqual(shellsOf('merge', 'none'), [])
    assert.deepEqual(shellsOf('unmerge', 'none'), [])
  })

  test('QA checks are run where the programs are that they are about', async () => {
    const programs = 'gtk-update-icon-cache update-desktop-database update-mime-database'
    const { stdout } = await capture({
      argv: ['/bin/sh', '-c', `for each in ${programs}; do command -v "$each"; done; :`],
    })
    const checks = lines('shells-merge').filter((line) => line.startsWith('none-1 preinst_sfperms'))
    assert.equal(checks.length, stdout === '' ? 0 : 1)
  })

  test('each phase that a package defines is run, and the environment is saved behind those of the installation', () => {
    assert.deepEqual(shellsOf('merge', 'only-setup'), ['setup', 'postinst'])
    assert.deepEqual(shellsOf('merge', 'only-preinst'), ['preinst', 'postinst'])
    assert.deepEqual(shellsOf('merge', 'only-postinst'), ['postinst'])
    assert.deepEqual(shellsOf('merge', 'only-prerm'), [])
    assert.deepEqual(shellsOf('unmerge', 'only-prerm'), ['prerm'])
    assert.deepEqual(shellsOf('unmerge', 'only-postrm'), ['postrm'])
    const installed = ['only-setup pkg_setup', 'only-preinst pkg_preinst', 'only-postinst pkg_postinst']
    const own = (name: string): string[] => lines(name).filter((line) => line.startsWith('only-'))
    assert.deepEqual(own('ran-merge').sort(), installed.sort())
    assert.deepEqual(own('ran-unmerge').sort(), ['only-postrm pkg_postrm', 'only-prerm pkg_prerm'])
  })

  test('a hook in the saved environment, and what is to be called at the end, are run', () => {
    assert.deepEqual(shellsOf('merge', 'hook'), ['preinst', 'postinst'])
    assert.deepEqual(shellsOf('merge', 'success'), ['success_hooks'])
    const own = lines('ran-merge').filter((line) => !line.startsWith('only-'))
    assert.deepEqual(own.sort(), ['hook post_pkg_preinst', 'success said'])
  })

  test('with a bashrc every phase is run', () => {
    const phases = [
      'clean',
      'setup',
      'instprep__dyn_instprep',
      'preinst_mask',
      'preinst',
      'postinst',
      'success_hooks',
    ]
    const shells = shellsOf('bashrc', 'none')
    for (const phase of phases) assert.ok(shells.includes(phase), `${phase}: ${shells.join(', ')}`)
    assert.ok(lines('ran-bashrc').includes('bashrc preinst'))
  })

  test('what is installed is the same with shells and without', () => {
    const files = ['usr/share/none/text', ...['CONTENTS', 'INSTALL_MASK', 'SIZE', 'NEEDED'].map(entryOf)]
    const read = (root: string, file: string): string | undefined => {
      try {
        return readFileSync(part(root, file), 'utf8')
      } catch {
        return undefined
      }
    }
    for (const file of files) assert.equal(read('merged', file), read('merged-by-shells', file), file)
    assert.equal(read('merged', entryOf('INSTALL_MASK')), '/usr/share/doc\n')
    assert.equal(read('merged', 'usr/share/doc/none/text'), undefined)
    assert.equal(read('merged', 'usr/share/none/text'), 'of the package\n')
  })
})

const entryOf = (name: string): string => `var/db/pkg/app-misc/none-1/${name}`
