// `plan --packages` on the miniature SDK, with real Portage: what each stage would merge, on the seed's own package database and
// on a synthetic one; what cannot be resolved. Needs root and pip's index.

import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { must } from '../../src/process/run.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { MiniPlace } from '../e2e/mini-place.js'
import { type Run, runCommand } from '../e2e/run-command.js'
import { packSeed } from '../helpers/mini-sdk.js'

const SKIP = process.getuid?.() === 0 || process.env.CI !== undefined ? false : 'needs root'

interface Packages {
  database: { kind: string; packages: number }
  problem: string | null
  stages: {
    stage: string
    merges: {
      arguments: string[]
      problem?: string
      packages: { root: string; cp: string; version: string; action: string; from: string; use: string[] }[]
    }[]
  }[]
}

const packagesOf = (run: Run): Packages =>
  (JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { packages: Packages }).packages

/** Names and versions of a stage's packages, and what the merge is. */
const merged = ({ stages }: Packages, stage: string): string[] =>
  (stages.find((each) => each.stage === stage)?.merges ?? [])
    .flatMap((merge) => merge.packages)
    .map(({ cp, version, action }) => `${cp}-${version} ${action}`)

/** What Portage has written down of each ebuild of the overlay, and when, by the folder of each cache, the newest last. */
function caches(root: string): Map<string, { text: string; mtimeMs: number }>[] {
  const folder = path.join(root, 'store/md5-cache')
  const folders = readdirSync(folder)
    .filter((name) => !name.endsWith('.json'))
    .sort(
      (a, b) =>
        statSync(path.join(folder, `${a}.json`)).mtimeMs - statSync(path.join(folder, `${b}.json`)).mtimeMs,
    )
  return folders.map((name) => {
    const cache = path.join(folder, name, 'overlay/metadata/md5-cache')
    const entries = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const files = entries.map((entry) => path.join(entry.parentPath, entry.name))
    return new Map(
      files.map((file) => [
        path.relative(cache, file),
        { text: readFileSync(file, 'utf8'), mtimeMs: statSync(file).mtimeMs },
      ]),
    )
  })
}

describe('plan --packages', { skip: SKIP }, () => {
  let folder = ''
  let sdk = ''
  let own = ''
  let foreign = ''
  const place = new MiniPlace()
  const plan = (seed: string, ...words: string[]): Promise<Run> =>
    runCommand([
      ...['plan', '--packages', '--sdk', sdk, '--seed_tarball', seed],
      ...['--catalyst_root', path.join(folder, 'cr'), ...words],
    ])

  before(async () => {
    await place.makeSeed()
    ;({ folder, sdk, seed: own } = place)
    const root = path.join(folder, 'foreign')
    mkdirSync(root)
    await must({ argv: ['tar', '-C', root, '-xpf', own] })
    writeFileSync(path.join(root, 'etc/os-release'), 'ID=another-sdk\n')
    foreign = await packSeed(root, path.join(folder, 'foreign.tar.zst'))
  })
  after(() => removeTree(folder, path.dirname(folder)))

  test('each stage on what the one before would leave; nothing is built', async () => {
    const run = await plan(own, '--json')
    assert.equal(run.exitCode, 0, run.stderr)
    const packages = packagesOf(run)
    assert.equal(packages.database.kind, 'own')
    assert.equal(packages.problem, null)
    assert.deepEqual(
      packages.stages.map(({ stage }) => stage),
      ['stage1', 'stage2', 'stage3', 'stage4'],
    )
    assert.match(merged(packages, 'stage1')[0] ?? '', /^sys-apps\/baselayout-1 new$/)
    assert.ok(merged(packages, 'stage1').every((each) => each.endsWith(' new')))
    assert.ok(merged(packages, 'stage3').includes('sys-apps/baselayout-1 rebuild'))
    assert.ok(merged(packages, 'stage4').some((each) => each.startsWith('dev-mini/sdk-')))
    for (const { stage, merges } of packages.stages)
      for (const each of merges.flatMap((merge) => merge.packages))
        assert.equal(each.root, `/tmp/${stage}root`)
    const alpha = packages.stages[0]?.merges.at(-1)?.packages.find(({ cp }) => cp === 'app-misc/alpha')
    assert.ok(alpha?.use.includes('build'), 'the USE of stage 1')
    assert.deepEqual(readdirSync(path.join(folder, 'cr/builds/mini-sdk')), [])
    assert.ok(!existsSync(path.join(folder, 'cr/distfiles')), 'nothing is fetched')
    assert.deepEqual(readdirSync(path.join(folder, 'cr/work')), [])
  })

  test('asked again upon the same, Portage is not asked; upon something else it is', async () => {
    const untimed = (run: Run): unknown =>
      JSON.parse(JSON.stringify(packagesOf(run), (key, value) => (key === 'durationMs' ? 0 : value)))
    const [first, again, other] = [
      await plan(own, '--json'),
      await plan(own, '--json'),
      // A word that emerge is given.
      await plan(own, '--json', '--jobs', '3'),
    ]
    for (const stage of ['stage1', 'stage4']) {
      assert.match(again.stderr, new RegExp(`${stage}: Portage has been asked this before`))
      assert.match(other.stderr, new RegExp(`${stage}: asking Portage`))
    }
    assert.deepEqual(untimed(again), untimed(first))
    assert.equal(other.exitCode, 0, other.stderr)
  })

  test('another SDK as seed lends its Portage; its packages do not count', async () => {
    const run = await plan(foreign, 'stage1', '--json')
    assert.equal(run.exitCode, 0, run.stderr)
    assert.equal(packagesOf(run).database.kind, 'synthetic')
    assert.match(run.stderr, /not an SDK of mini/)
    const again = await plan(foreign, 'stage1')
    assert.equal(again.exitCode, 0, again.stderr)
    assert.doesNotMatch(again.stderr, /making the md5-cache/, 'made once')
    assert.match(again.stdout, /\/tmp\/stage1root +sys-apps\/baselayout +1 /)
  })

  test('what Portage cannot resolve ends it with 5, with its words; the stages before are shown', async () => {
    const ebuild = path.join(sdk, 'repos/overlay/dev-mini/sdk')
    const file = path.join(ebuild, readdirSync(ebuild).find((name) => name.endsWith('.ebuild')) ?? '')
    appendFileSync(file, '\nRDEPEND="dev-mini/nowhere"\n')
    const run = await plan(own, '--json')
    assert.equal(run.exitCode, 5, run.stderr)
    const packages = packagesOf(run)
    assert.match(packages.problem ?? '', /dev-mini\/nowhere/)
    assert.match(packages.stages.at(-1)?.merges.at(-1)?.problem ?? '', /dev-mini\/nowhere/)
    assert.ok(merged(packages, 'stage3').length > 0)
    const made = caches(path.join(folder, 'cr'))
    const [latest, ...earlier] = made.reverse()
    assert.ok(latest !== undefined)
    const anew = [...latest].filter(([name, { mtimeMs }]) =>
      earlier.every((each) => each.get(name)?.mtimeMs !== mtimeMs),
    )
    const ebuilds = anew.filter(([name]) => name.includes('/')).map(([name]) => name)
    assert.deepEqual(ebuilds, ['dev-mini/sdk-1'], 'what was not edited was not read again')
    assert.match(latest.get('dev-mini/sdk-1')?.text ?? '', /^RDEPEND=.*dev-mini\/nowhere/m)
    assert.deepEqual([...latest.keys()].sort(), [...(earlier.at(-1)?.keys() ?? [])].sort())
  })
})
