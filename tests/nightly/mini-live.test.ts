// A live package in stage 4 of the miniature SDK: fetched beforehand, built without a network, in the record by its commit.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { memberText } from '../e2e/archive-facts.js'
import { miniPlace, only, SKIP } from '../e2e/mini-place.js'
import type { Run } from '../e2e/run-command.js'
import { commitTo } from '../helpers/git-server.js'
import { packSeed } from '../helpers/mini-sdk.js'

const FIRST = '1.0.0+2026-05-05-0000'
const SECOND = '1.0.0+2026-05-05-0001'

const ECLASS = path.resolve(import.meta.dirname, '../../../tests/fixtures/live/git-r3.eclass')

const warnings = (run: Run): string =>
  run.events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).join('\n')

describe('a live package', { skip: SKIP }, () => {
  const place = miniPlace()
  /** Not by HTTP: the caller of every run here has a proxy that is not there. */
  const served = { folder: path.join(place.work, 'served') }
  const uri = `file://${served.folder}/live.git`
  let seed = ''

  const write = (pf: string, eclass: string, more: string): void => {
    const folder = path.join(place.repo('overlay'), 'dev-mini', pf.replace(/-[^-]*$/, ''))
    mkdirSync(folder, { recursive: true })
    const text = `EAPI=8\ninherit ${eclass}\nDESCRIPTION="d"\nHOMEPAGE="https://example.org"\nLICENSE="public-domain"\nSLOT="0"\nKEYWORDS="amd64"\n${more}\n`
    writeFileSync(path.join(folder, `${pf}.ebuild`), text)
  }
  const sdkNeeds = (what: string): void => {
    const text = `EAPI=8\nDESCRIPTION="d"\nHOMEPAGE="https://example.org"\nLICENSE="public-domain"\nSLOT="0"\nKEYWORDS="amd64"\nS="\${WORKDIR}"\nRDEPEND="${what}"\n`
    writeFileSync(path.join(place.repo('overlay'), 'dev-mini/sdk/sdk-2.ebuild'), text)
  }
  const build = (version: string): Promise<Run> => place.build(version, ['stage4', '--seed_tarball', seed])

  before(async () => {
    mkdirSync(served.folder, { recursive: true })
    // Folders of this machine are asked if everybody may read them.
    for (const each of [served.folder, place.work, path.dirname(place.work)]) chmodSync(each, 0o755)
    // Git and its libraries, as an SDK has them.
    const root = path.join(place.work, 'with-git')
    mkdirSync(root)
    await must({ argv: ['tar', '-C', root, '-xpf', place.seed] })
    const libraries = execFileSync('ldd', ['/usr/bin/git'], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)
    for (const file of ['/usr/bin/git', ...[...libraries].map(([, library = '']) => library)]) {
      const target = path.join(root, file.startsWith('/usr/') ? file : `/usr${file}`)
      mkdirSync(path.dirname(target), { recursive: true })
      cpSync(realpathSync(file), target)
    }
    seed = await packSeed(root, path.join(place.work, 'with-git.tar.zst'))
    const eclasses = path.join(place.repo('overlay'), 'eclass')
    mkdirSync(eclasses)
    cpSync(ECLASS, path.join(eclasses, 'git-r3.eclass'))
    writeFileSync(path.join(eclasses, 'mercurial.eclass'), 'PROPERTIES+=" live"\n')
  })

  test('is built from the commit that its branch has, which the record names; when that moves, it is built anew', async () => {
    const install = 'src_install() { insinto /usr/share/live; doins file; }'
    write('live-9999', 'git-r3', `EGIT_REPO_URI="${uri}"\n${install}`)
    sdkNeeds('dev-mini/live')
    const commit = await commitTo(served, 'live', 'first\n')
    const first = await build(FIRST)
    assert.equal(first.exitCode, 0, JSON.stringify(first.events.at(-1)))
    assert.match(
      warnings(first),
      /stage4 cannot be reproduced: dev-mini\/live-9999 is built from whatever HEAD/,
    )
    const input = (at: string) => ({
      package: 'dev-mini/live-9999',
      uri,
      ref: 'HEAD',
      commit: at,
      pinned: false,
    })
    assert.deepEqual(place.record(FIRST, 'stage4').inputs.git, [input(commit)])
    assert.equal(place.record(FIRST, 'stage4').inputs.environment.EVCS_OFFLINE, '1')
    assert.equal(memberText(place.archive(FIRST, 'stage4'), 'usr/share/live/file'), 'first\n')
    const moved = await commitTo(served, 'live', 'second\n')
    const second = await build(SECOND)
    assert.equal(second.exitCode, 0, JSON.stringify(second.events.at(-1)))
    assert.deepEqual(place.record(SECOND, 'stage4').inputs.git, [input(moved)])
    assert.equal(memberText(place.archive(SECOND, 'stage4'), 'usr/share/live/file'), 'second\n')
    assert.equal(place.origins(SECOND, 'stage4')['dev-mini/live-9999'], 'source')
    await place.assertIntact()
  })

  test('of another system is refused by name before anything is built, and by plan', async () => {
    write('hg-9999', 'mercurial', '')
    sdkNeeds('dev-mini/hg')
    const run = await build('1.0.0+2026-05-05-0002')
    assert.equal(run.exitCode, 4, run.stderr)
    assert.match(
      only(run, 'run-failed').message,
      /stage4 cannot build live packages .*: dev-mini\/hg-9999::overlay fetches by mercurial$/,
    )
    assert.ok(!run.events.some((event) => event.type === 'step-started' && event.step === 'run'))
    const plan = await place.plain('1.0.0+2026-05-05-0003', [
      'plan',
      'stage4',
      '--packages',
      '--seed_tarball',
      seed,
    ])
    assert.equal(plan.exitCode, 4, plan.stderr)
    assert.match(plan.stdout, /dev-mini\/hg.*live \(mercurial\)/)
    assert.match(plan.stderr, /dev-mini\/hg-9999::overlay fetches by mercurial/)
    await place.assertIntact()
  })
})
