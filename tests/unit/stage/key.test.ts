// The key of a stage: what changes it, and what does not.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import type { SdkDefinition } from '../../../src/sdk/definition.js'
import { STAGES, type StageName } from '../../../src/sdk/stages.js'
import { parseVersion } from '../../../src/sdk/version.js'
import { stageKey, type Upon, whyWithoutKey } from '../../../src/stage/key.js'
import { findMakers, seenTools } from '../../../src/stage/makers.js'
import type { RunSettings } from '../../../src/stage/plan/plan.js'
import { WITHOUT_EFFECT } from '../../../src/stage/plan/settings-digest.js'
import { createLayout } from '../../../src/store/layout.js'
import { RECORD, RECORD_FORMAT, type StageRecord, writeRecord } from '../../../src/store/record.js'
import { changed, leaves, named } from '../../helpers/full-definition.js'
import { fullRun, runDefinition } from '../../helpers/full-run.js'

const SEED = { path: '/seeds/seed.tar.zst', sha256: 'a'.repeat(64) }
const UPON: Upon = { seed: SEED, firstSeed: SEED.sha256 }

const keys = (run: RunSettings, upon: Upon = UPON): Promise<(string | undefined)[]> =>
  Promise.all(STAGES.map((stage) => stageKey(run, stage, upon)))

/** For each stage whether its key is another one. */
async function differs(run: RunSettings, other: RunSettings): Promise<boolean[]> {
  const [before, after] = [await keys(run), await keys(other)]
  return STAGES.map((_, index) => before[index] !== after[index])
}

const ALL = [true, true, true, true]
const NONE = [false, false, false, false]

test('any other version, caller, place or number of jobs gives the same keys; of stage 4 but for the version', async () => {
  const run = fullRun(await runDefinition())
  for (const key of await keys(run)) assert.match(key ?? '', /^[0-9a-f]{64}$/)
  assert.equal(new Set(await keys(run)).size, STAGES.length)
  const { type, arch } = run.definition
  const elsewhere: RunSettings = {
    ...run,
    jobs: 7,
    layout: createLayout({ root: '/elsewhere', type, arch, version: '2.0.0+y' }),
    again: () => ['other'],
    memory: undefined,
    definition: {
      ...run.definition,
      file: '/elsewhere/sdk.toml',
      dir: '/elsewhere',
      repos: run.definition.repos.map((repo) => ({ ...repo, path: `/elsewhere/${repo.name}` })),
    },
    repos: run.repos.map((repo) => ({ ...repo, source: '/elsewhere', path: '/elsewhere/copy' })),
    // With a comment, say.
    definitionSha256: 'e'.repeat(64),
  }
  assert.deepEqual(await differs(run, elsewhere), NONE)
  const version = parseVersion('2.0.0+2026-02-02-0000')
  assert.deepEqual(await differs(run, { ...elsewhere, version }), [false, false, false, true])
  const nameless = { ...run, definition: { ...run.definition, release: false } }
  assert.deepEqual(await differs(nameless, { ...nameless, version }), NONE)
})

test('every value of a run counts for some stage, but for places, versions and what the test above has', async () => {
  const run = fullRun(await runDefinition())
  const before = (await keys(run)).join()
  for (const leaf of leaves(run)) {
    const name = named(leaf)
    // Functions, and what a test of its own below has.
    if (/^(?:layout|again|definition|definitionSha256)\b/.test(name)) continue
    // A version counts as it is written; its parts are the same said again.
    if (/^version\.(?:id|buildId)$/.test(name)) continue
    // Of a repo counts what a stage sees; where stage 1 alone is given one, its name says in place of which.
    if (/^(?:repos|stage1Trees)\.\*\.(?:path|source|shared|program|junk.*)$/.test(name)) continue
    if (/^stage1Trees\.\*\.(?:main|location|archive)$/.test(name)) continue
    const after = (await keys(changed(run, leaf))).join()
    assert.equal(after === before, /^(?:jobs|memory|memoryBytes|compilerCache)$/.test(name), name)
  }
})

test('every value of a definition counts for some stage, but for those that are named with a reason', async () => {
  const sdk = await runDefinition()
  const before = (await keys(fullRun(sdk))).join()
  const places = /^(?:repos\.\*\.(?:path|junk)|version|sourceDate|compression|profile|carry)\b/
  for (const leaf of leaves(sdk)) {
    const name = named(leaf)
    const hasNoEffect = Object.keys(WITHOUT_EFFECT).some((key) => name === key || name.startsWith(`${key}.`))
    if (places.test(name)) continue
    const run = { ...fullRun(sdk), definition: changed(sdk, leaf) }
    assert.equal((await keys(run)).join() === before, hasNoEffect, name)
  }
})

test('a member that a run gets later counts', async () => {
  const run = fullRun(await runDefinition())
  assert.deepEqual(await differs(run, { ...run, novelty: 'x' } as RunSettings), ALL)
})

test('every input of a record is in the key, or follows from it', () => {
  /** By field of `inputs`: how it gets into the key, or why it need not. */
  const known: Record<keyof StageRecord['inputs'], string> = {
    key: 'it is the key',
    seed: 'by the key of the stage that made it, or its digest',
    script: 'makers.scripts',
    repos: 'by digest; what hooks made of them follows from repos, hooks and seed',
    config: 'rendered from the settings by this version of the program; arguments without the jobs',
    placed: 'follows from the settings, and from the seed',
    profile: 'settings',
    carry: 'settings',
    packagesCarried: 'follows from seed and globs',
    mergedIntoSeed: 'follows from seed and repos',
    distfiles: 'follows from the Manifests in the repos',
    git: 'by commit in the ebuild; a stage with one that is not pinned says so in its record',
    environment: 'without MAKEOPTS',
    ccache: 'it changes how soon, not what',
    tools: 'those that can be seen in an archive',
    runner: 'as it is',
    bootstrapSdk: 'as it is',
  }
  assert.deepEqual(Object.keys(RECORD.entries.inputs.entries).sort(), Object.keys(known).sort())
})

test('the keys of a chain are known before it runs: a stage counts as seed by its key, whatever came of it', async () => {
  const run = fullRun(await runDefinition())
  const key = await stageKey(run, 'stage1', UPON)
  assert.ok(key !== undefined)
  const before = await stageKey(run, 'stage2', { seed: { key }, firstSeed: SEED.sha256 })
  const after = await stageKey(run, 'stage2', { seed: { key, ...SEED }, firstSeed: SEED.sha256 })
  assert.equal(before, after)
  const given = await stageKey(run, 'stage2', UPON)
  assert.notEqual(before, given)
  const other = await stageKey(run, 'stage2', { ...UPON, seed: { ...SEED, sha256: 'b'.repeat(64) } })
  assert.notEqual(other, given)
  assert.equal(await stageKey(run, 'stage2', { seed: {}, firstSeed: SEED.sha256 }), undefined)
})

test('the first seed counts for the stage that takes packages of it', async () => {
  const run = fullRun(await runDefinition())
  const other = { seed: SEED, firstSeed: 'c'.repeat(64) }
  const [before, after] = [await keys(run), await keys(run, other)]
  assert.deepEqual(
    STAGES.filter((_, index) => before[index] !== after[index]),
    ['stage4'] satisfies StageName[],
  )
  assert.equal(await stageKey(run, 'stage4', { seed: SEED, firstSeed: undefined }), undefined)
})

test('of a seed without a key also counts what its record says was placed in it', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'key-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'stage3.tar.zst')
  const run = fullRun(await runDefinition())
  const upon = { seed: { ...SEED, path: file }, firstSeed: SEED.sha256 }
  const before = await keys(run, upon)
  writeFileSync(file, '')
  await writeRecord(`${file}.record.json`, recordOf(SEED.sha256))
  const after = await keys(run, upon)
  assert.deepEqual(
    STAGES.map((_, index) => before[index] !== after[index]),
    // Stage 1 begins with an empty root.
    [false, true, true, true],
  )
})

const recordOf = (sha256: string): StageRecord => ({
  ...{ format: RECORD_FORMAT, stage: 'stage3', type: 'x', arch: 'amd64', version: '1', packages: [] },
  sdk: { name: 'x', definitionSha256: sha256 },
  inputs: {
    ...{ seed: { sha256, path: '' }, script: {}, repos: [], config: {}, profile: '', carry: [] },
    ...{ packagesCarried: [], environment: {}, tools: {}, runner: 'native', bootstrapSdk: '' },
    placed: { configuration: { '/etc/portage/x': 'y' }, overlay: {} },
  },
  output: { file: '', sha256, bytes: 0, tarSha256: sha256, entries: 0, digests: {} },
  timing: { started: '', finished: '', steps: {} },
})

test('what nobody can know of has no key', async () => {
  const run = fullRun(await runDefinition())
  const { definition: sdk } = run
  const { stage4 } = sdk.stage
  const withPackages = { ...run, definition: { ...sdk, places: { packages: '/x' } } }
  for (const keyless of [withPackages, { ...run, runner: 'catalyst' } as const]) {
    assert.deepEqual(await keys(keyless), [undefined, undefined, undefined, undefined])
    assert.match(whyWithoutKey(keyless, 'stage1') ?? '', /^nobody knows /)
  }
  const kept = { ...stage4, rootOverlays: [{ path: '/x', owners: 'kept' }] } as const
  const [first, , , last] = await keys({
    ...run,
    definition: { ...sdk, stage: { ...sdk.stage, stage4: kept } },
  })
  assert.deepEqual([first === undefined, last === undefined], [false, true])
})

test('of the tools those count that can be seen in an archive', () => {
  const all = { kernel: '6', node: '20', tar: '1', zstd: '1', xz: '5', gzip: '1', bzip2: '1', lbzip2: '2' }
  const more = { ...all, unshare: '2', mmdebstrap: '1' }
  assert.deepEqual(seenTools(more, 'zstd'), { tar: '1', zstd: '1', lbzip2: '2' })
  assert.deepEqual(seenTools(more, 'lbzip2'), { tar: '1', lbzip2: '2' })
  const { lbzip2: _, ...without } = more
  assert.deepEqual(seenTools(without, 'bzip2'), { tar: '1', bzip2: '1' })
  assert.deepEqual(seenTools({ ...all, 'a new one': '1' }, 'gzip'), {
    ...{ tar: '1', gzip: '1', lbzip2: '2', 'a new one': '1' },
  })
})

test('the processor counts where compilers are told to build for it', async (t) => {
  const sdk = await runDefinition()
  const folder = mkdtempSync(path.join(tmpdir(), 'native-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const at = (name: string, text: string): string => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    return folder
  }
  const repos = sdk.repos.map((repo) => ({
    ...repo,
    path: path.join(folder, repo.main ? 'main' : 'overlay'),
  }))
  const [overlay] = repos.filter(({ main }) => !main)
  const profile = `${overlay?.name}:own`
  at('overlay/profiles/own/parent', '../parent\n')
  const placed = { ...sdk, repos, portageConfdir: path.join(folder, 'confdir') }
  const of = (more: Partial<SdkDefinition>) =>
    findMakers({ ...placed, ...more }, { profile, compression: 'zstd' })
  assert.equal((await of({})).processor, undefined)
  const native = await of({ cflags: '-O2 -march=native' })
  assert.match(native.processor ?? '', /:/)
  assert.deepEqual(native.compressor.slice(0, 1), ['zstd'])
  // Wherever it may be said.
  assert.match((await of({ environment: { RUSTFLAGS: '-C target-cpu=native' } })).processor ?? '', /:/)
  const hooks = `${placed.stage.stage1.hooks}`
  for (const file of [
    'confdir/env/fast.conf',
    'confdir/make.conf',
    'overlay/profiles/parent/make.defaults',
    'overlay/profiles/own/profile.bashrc',
    `overlay/${hooks}/seed_update.sh`,
  ]) {
    at(file, '# CFLAGS="-mtune=native"\n')
    assert.equal((await of({})).processor, undefined, file)
    at(file, 'CFLAGS="-O2 -mtune=native"\n')
    assert.match((await of({})).processor ?? '', /:/, file)
    rmSync(path.join(folder, file))
  }
})
