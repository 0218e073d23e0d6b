// Trees that Portage refuses, by real Portage and the scripts' own functions: what is left of its output as the headline. All
// cases run in one sandbox. Needs root, gcc and pip's index, as ebuilds over the host's programs do.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readRefusal } from '../../src/portage/refusal.js'
import { stagesFolder } from '../../src/stage/run/input.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { portageHost, runOnHost } from '../helpers/portage-host.js'
import { privileged } from './sandbox-helpers.js'

const TRIAL = path.resolve(import.meta.dirname, '../../../tests/fixtures/configure-answers/trial-1.ebuild')

const ebuild = (more = '', keywords = 'amd64', license = 'GPL-2'): string =>
  `EAPI=8\nDESCRIPTION="d"\nHOMEPAGE="https://example.org"\nLICENSE="${license}"\nSLOT="0"\nKEYWORDS="${keywords}"\nS="\${WORKDIR}"\n${more}\n`

const needs = (what: string): string => ebuild(`RDEPEND="${what}"`)

const A = 'app-misc/a/a-1.ebuild'
const B = 'app-misc/b/b-1.ebuild'

interface Case {
  /** Files of the repo; `app-misc/a` is merged. */
  readonly files: Record<string, string>
  readonly atoms?: string
  /** Lines that the words have, in this order; the first of all is the first. */
  readonly says: readonly string[]
}

/** A line of a Manifest. */
function listed(what: string, text: string): string {
  const digest = (algorithm: string): string => createHash(algorithm).update(text).digest('hex')
  return `${what} ${text.length} BLAKE2B ${digest('blake2b512')} SHA512 ${digest('sha512')}`
}

const AUX = listed('AUX x', 'as it was')

const THICK = { 'metadata/layout.conf': 'masters =\n' }

const CASES: Readonly<Record<string, Case>> = {
  'no ebuild': {
    files: { [A]: needs('app-misc/b'), [B]: needs('app-misc/none') },
    says: [
      'there are no ebuilds to satisfy "app-misc/none".',
      '(dependency required by "app-misc/b-1::host" [ebuild])',
      '(dependency required by "app-misc/a" [argument])',
    ],
  },
  'masked by keyword': {
    files: { [A]: needs('app-misc/b'), [B]: ebuild('', '~amd64') },
    says: [
      'All ebuilds that could satisfy "app-misc/b" have been masked.',
      '- app-misc/b-1::host (masked by: ~amd64 keyword)',
      '(dependency required by "app-misc/a-1::host" [ebuild])',
    ],
  },
  'masked by license': {
    files: {
      [A]: ebuild('', 'amd64', 'EVIL'),
      'licenses/EVIL': 'x\n',
      'profiles/make.defaults': 'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nACCEPT_LICENSE="* -EVIL"\n',
    },
    says: [
      'All ebuilds that could satisfy "app-misc/a" have been masked.',
      '- app-misc/a-1::host (masked by: EVIL license(s))',
    ],
  },
  REQUIRED_USE: {
    files: { [A]: ebuild('IUSE="x"\nREQUIRED_USE="x"') },
    says: [
      'The ebuild selected to satisfy "app-misc/a" has unmet requirements.',
      '- app-misc/a-1::host USE="-x"',
      '  The following REQUIRED_USE flag constraints are unsatisfied:',
      '    x',
    ],
  },
  circular: {
    files: { [A]: ebuild('DEPEND="app-misc/b"'), [B]: ebuild('DEPEND="app-misc/a"') },
    says: [
      'circular dependencies:',
      '(app-misc/b-1:0/0::host, ebuild scheduled for merge) depends on',
      ' (app-misc/a-1:0/0::host, ebuild scheduled for merge) (buildtime)',
    ],
  },
  'slot conflict': {
    files: {
      [A]: needs('=app-misc/b-1 app-misc/c'),
      [B]: ebuild(),
      'app-misc/b/b-2.ebuild': ebuild(),
      'app-misc/c/c-1.ebuild': needs('=app-misc/b-2'),
    },
    says: [
      'Multiple package instances within a single package slot have been pulled',
      '    =app-misc/b-1 required by (app-misc/a-1:0/0::host, ebuild scheduled for merge) USE=""',
      '    =app-misc/b-2 required by (app-misc/c-1:0/0::host, ebuild scheduled for merge) USE=""',
    ],
  },
  blockers: {
    files: { [A]: needs('app-misc/b !!app-misc/b'), [B]: ebuild() },
    says: [
      '[blocks B      ] app-misc/b ("app-misc/b" is hard blocking app-misc/a-1)',
      '  (app-misc/a-1:0/0::host, ebuild scheduled for merge) pulled in by',
    ],
  },
  'a repo whose master is not there': {
    files: {
      [A]: ebuild('inherit nowhere'),
      'metadata/layout.conf': 'masters = gentoo\nthin-manifests = true\nuse-manifests = false\n',
    },
    says: [
      'app-misc/a-1::host failed (depend phase):',
      `Unavailable repository 'gentoo' referenced by masters entry in 'REPO/metadata/layout.conf'`,
    ],
  },
  'a profile with a parent that is not there': {
    files: { [A]: ebuild(), 'profiles/parent': '../nowhere\n' },
    says: [
      `Unable to parse profile: 'CASE/etc/portage/make.profile'`,
      `ParseError: Parent 'REPO/nowhere' not found: 'REPO/profiles/parent'`,
      'Your current profile is invalid.',
    ],
  },
  'a make.defaults that cannot be read': {
    files: { [A]: ebuild(), 'profiles/make.defaults': 'ARCH="amd64\n' },
    says: ['"REPO/profiles/make.defaults", line 2: No closing quotation', 'ValueError: No closing quotation'],
  },
  'no Manifest': {
    files: { ...THICK, [A]: ebuild() },
    says: [
      `Manifest not found for 'REPO/app-misc/a/a-1.ebuild'`,
      '- app-misc/a-1::host (masked by: corruption)',
    ],
  },
  // Portage itself looks at it when it has built whatever is before the package.
  'a file with another digest': {
    files: {
      'metadata/layout.conf': 'masters =\nsign-manifests = false\n',
      [A]: ebuild(),
      'app-misc/a/files/x': 'y',
      'app-misc/a/Manifest': `${AUX}\n${listed('EBUILD a-1.ebuild', ebuild())}\n`,
    },
    says: [
      'Digest verification failed:',
      'REPO/app-misc/a/files/x',
      'Reason: Filesize does not match recorded size',
    ],
  },
}

/** What each stage's script does, for every case: the prepare pass of one merge. */
const SCRIPT = `
mkdir -p /run/bootstrap_sdk/output
cp -r /stages /run/bootstrap_sdk/stage
printf 'stage=stage1\\njobs=1\\nload=2\\n' >/run/bootstrap_sdk/arguments
set -- prepare
source /run/bootstrap_sdk/stage/lib/contract.sh
source /run/bootstrap_sdk/stage/lib/portage.sh
set +e
setup_portage none
for case in /var/tmp/cases/*/; do
	export PORTAGE_CONFIGROOT=\${case%/}
	(
		set -eE
		phase 'merge what is wanted'
		merge --oneshot $(<"\${case}atoms")
		list_distfiles
	) >"\${case}log" 2>&1
	echo $? >"\${case}code"
	: >"\${OUTPUT}/pretend"
done
`

describe('trees that Portage refuses', privileged, () => {
  let folder = ''
  const names = Object.keys(CASES)
  const place = (name: string): string => path.join(folder, 'tmp/cases', String(names.indexOf(name)))
  const inside = (name: string): string => `/var/tmp/cases/${names.indexOf(name)}`

  function writeCase(name: string, { files, atoms = 'app-misc/a' }: Case): void {
    const [at, repo] = [place(name), path.join(place(name), 'repo')]
    mkdirSync(path.join(at, 'etc/portage'), { recursive: true })
    cpSync(path.join(folder, 'etc/portage/make.conf'), path.join(at, 'etc/portage/make.conf'))
    const conf = `[DEFAULT]\nmain-repo = host\n[host]\nlocation = ${inside(name)}/repo\n`
    writeFileSync(path.join(at, 'etc/portage/repos.conf'), conf)
    symlinkSync(`${inside(name)}/repo/profiles`, path.join(at, 'etc/portage/make.profile'))
    for (const part of ['profiles', 'metadata'])
      cpSync(path.join(folder, 'repo', part), path.join(repo, part), { recursive: true })
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.join(repo, path.dirname(file)), { recursive: true })
      writeFileSync(path.join(repo, file), text)
    }
    writeFileSync(path.join(at, 'atoms'), atoms)
  }

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'bootstrap-refuses-'))
    await portageHost(folder, TRIAL)
    for (const [name, each] of Object.entries(CASES)) writeCase(name, each)
    writeFileSync(path.join(folder, 'tmp/cases.sh'), SCRIPT)
    const { stderr } = await runOnHost(folder, ['/bin/bash', '/var/tmp/cases.sh'], {
      tmp: path.join(folder, 'tmp'),
      env: { PYTHONPYCACHEPREFIX: '/var/tmp/pycache' },
      mounts: [{ kind: 'bind', source: stagesFolder(), target: '/stages', readOnly: true }],
    })
    assert.equal(stderr, '')
  })
  after(() => removeTree(folder, path.dirname(folder)))

  for (const [name, { says }] of Object.entries(CASES))
    test(name, () => {
      const log = readFileSync(path.join(place(name), 'log'), 'utf8')
      assert.notEqual(readFileSync(path.join(place(name), 'code'), 'utf8').trim(), '0', log)
      const { lines, isPortage } = readRefusal(log)
      const said = lines.map((line) =>
        line.replaceAll(`${inside(name)}/repo`, 'REPO').replaceAll(inside(name), 'CASE'),
      )
      assert.ok(isPortage || name.startsWith('a make.defaults'), said.join('\n'))
      assert.equal(said[0], says[0], said.join('\n'))
      assert.deepEqual(
        said.filter((line) => says.includes(line)),
        says,
        said.join('\n'),
      )
      assert.doesNotMatch(said.join('\n'), /Calculating|Traceback|^usage:|line \d+ of |Call stack/)
    })
})
