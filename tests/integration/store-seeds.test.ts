// Distribution seeds in a store: who would make one takes the one that another machine has made of the same inputs, if it is believed.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Fact } from '../../src/events/event.js'
import type { Store } from '../../src/registry/artefact.js'
import { lookUp } from '../../src/registry/artefact.js'
import { Careful } from '../../src/registry/careful.js'
import { listTags, pushLayout } from '../../src/registry/client.js'
import { fetchArtefact } from '../../src/registry/fetch-artefact.js'
import { SharedSeeds } from '../../src/registry/kinds/seeds.js'
import { statementOf, writeLayout } from '../../src/registry/layout.js'
import { sign } from '../../src/registry/signature.js'
import type { SdkDefinition } from '../../src/sdk/definition.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { offerGiven } from '../../src/seed/by-digest.js'
import type { SeedChoice } from '../../src/seed/choose.js'
import { planDistributionSeed } from '../../src/seed/distribution/distribution.js'
import { offerKept } from '../../src/seed/offer-kept.js'
import { type ResolvedSeed, type ResolveOptions, resolveSeed } from '../../src/seed/resolve.js'
import { cachedSeedBySize, rememberSeed } from '../../src/seed/seed-cache.js'
import { createLayout, type Layout } from '../../src/store/layout.js'
import {
  type EmptyStore,
  hex,
  keptBlob,
  makeKey,
  NO_REGISTRY,
  startStore,
  trustIn,
} from '../helpers/registry-server.js'
import { cli } from './verbs-helpers.js'

const SDKS = path.resolve(import.meta.dirname, '../../../sdks')

/** How a run has a store. */
interface How {
  readonly store?: Store
  readonly writes?: boolean
  readonly isLazy?: boolean
}

/** A catalyst root, and what a run says there. */
interface Machine {
  readonly layout: Layout
  readonly facts: Fact[]
  /** Where its seed is, or would be. */
  readonly seed: { readonly key: string; readonly file: string; readonly root: string }
  /** What a run of it begins with, where that need not be made. */
  resolve(store: Store, writes?: boolean, isLazy?: boolean): Promise<ResolvedSeed>
  begin(choice: SeedChoice, how: How): Promise<ResolvedSeed>
  /** As a run of it that skips all stages, which were built upon the seed of `sha256`. */
  offer(choice: SeedChoice, sha256: string, how: How): Promise<void>
}

interface Place extends EmptyStore {
  machine(name: string): Promise<Machine>
}

async function place(t: TestContext): Promise<Place> {
  const started = await startStore(t)
  const definition = await loadDefinition('embedded', SDKS)
  return { ...started, machine: (name) => machine(path.join(started.folder, name), definition) }
}

async function machine(root: string, definition: SdkDefinition): Promise<Machine> {
  const layout = createLayout({ root, type: definition.type, arch: definition.archName, version: '1.0' })
  mkdirSync(layout.seeds, { recursive: true })
  const { profile } = definition
  const { key, file } = await planDistributionSeed({ definition, layout, profile })
  const facts: Fact[] = []
  const emit = (fact: Fact): void => void facts.push(fact)
  const options = (choice: SeedChoice, { store, writes = false, isLazy = false }: How): ResolveOptions => ({
    ...{ definition, layout, profile, jobs: 1, emit, signal: undefined, choice, isLazy },
    // One that is found needs no store of trees.
    trees: undefined as never,
    hold: () => {},
    later: (act) => act(),
    shared: store === undefined ? undefined : new SharedSeeds(new Careful(store, emit), writes),
  })
  const begin: Machine['begin'] = (choice, how) => resolveSeed(options(choice, how))
  return {
    ...{ layout, facts, seed: { key, file, root }, begin },
    offer: (choice, sha256, how) => offerKept(options(choice, how), sha256),
    resolve: (store, writes = false, isLazy = false) =>
      begin({ kind: 'distribution' }, { store, writes, isLazy }),
  }
}

/** Bytes of a small archive with a file of this text. */
function archive(folder: string, text: string): Buffer {
  const tree = mkdtempSync(path.join(folder, 'tree-'))
  writeFileSync(path.join(tree, 'file'), text)
  return execFileSync('tar', ['--create', '--zstd', '--directory', tree, '.'])
}

/** As a machine that has made a seed has it. */
async function made({ seed }: Machine, bytes: Buffer): Promise<void> {
  writeFileSync(seed.file, bytes)
  await rememberSeed(seed.file, { key: seed.key, sha256: hex(bytes), bytes: bytes.length })
}

/** A look that has no time is given up at once. */
const NO_TIME = { lookUpMs: 0, transferMs: 0, bytesPerSecond: 1 }

const messages = ({ facts }: Pick<Machine, 'facts'>, type: 'info' | 'warning'): string =>
  facts.flatMap((fact) => (fact.type === type ? [fact.message] : [])).join('\n')

test('a machine that has a seed puts it there, and one that would make it takes that one, by plan and run', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const [first, other] = [await at.machine('first'), await at.machine('other')]
  const bytes = archive(at.folder, 'of Monday')
  await made(first, bytes)
  assert.equal((await first.resolve(at.store, true)).sha256, hex(bytes))
  assert.match(messages(first, 'info'), /the seed: put into oci:/)
  // Whose seed was there a moment ago does not ask, whether the registry answers or not.
  const gone = { ...at.store, registry: { ...at.store.registry, limits: NO_TIME } }
  assert.equal((await first.resolve(gone, true)).sha256, hex(bytes))
  assert.equal(messages(first, 'warning'), '')
  const note = `${first.seed.file}.shared.json`
  const asked = JSON.parse(readFileSync(note, 'utf8')) as { time: string }
  writeFileSync(note, JSON.stringify({ ...asked, time: new Date(Date.now() - 2 * 86_400_000).toISOString() }))
  await first.resolve(gone, true)
  assert.match(messages(first, 'warning'), /nothing came of it in 0 s/)
  const words = ['--store', at.store.registry.reference.text, '--store_keys', `${at.key}.pub`]
  const here = ['--sdk', 'embedded', '--catalyst_root', other.seed.root]
  const planned = await cli(['plan', '--json', ...here, ...words, '--version', '1.0.0+m'])
  const { seed, stages } = JSON.parse(planned.stdout) as {
    seed: { sha256: string; signedBy: string; path?: string }
    stages: { key: string | null }[]
  }
  assert.deepEqual([seed.sha256, seed.path], [hex(bytes), undefined])
  assert.match(seed.signedBy, /^writer|^signer/)
  assert.ok(
    stages.every(({ key }) => typeof key === 'string'),
    'the keys of all stages are known',
  )
  const keysOf = (jobs: { key: string | null }[]) => jobs.map(({ key }) => key)
  const matrix = async (...more: string[]) => {
    const said = await cli(['plan', '--matrix', 'buildbot', ...here, '--version', '1.0.0+m', ...more])
    assert.equal(said.exitCode, 0, said.stderr)
    return { keys: keysOf(JSON.parse(said.stdout).jobs), stderr: said.stderr }
  }
  assert.deepEqual(await matrix(...words), { keys: keysOf(stages), stderr: '' })
  // Whom to believe is the jobs' affair: without keys nothing is asked. A store that is gone is said once.
  const none = stages.map(() => null)
  assert.deepEqual(await matrix(...words.slice(0, 2)), { keys: none, stderr: '' })
  const lost = await matrix('--store', 'oci://127.0.0.1:1/sdk', '--store_keys', `${at.key}.pub`)
  assert.deepEqual(lost.keys, none)
  assert.match(lost.stderr, /^warning: the store oci:\/\/127\.0\.0\.1:1\/sdk: .*connection refused.*\n$/)
  // A run that only takes stages never needs its bytes.
  const late = await other.resolve(at.store, false, true)
  assert.deepEqual([late.sha256, existsSync(other.seed.file)], [hex(bytes), false])
  assert.match(messages(other, 'info'), /fetched when something is built upon it/)
  assert.equal((await late.fetch?.())?.sha256, hex(bytes))
  assert.deepEqual(readFileSync(other.seed.file), bytes)
  const known = await other.resolve(at.store, false, true)
  assert.deepEqual([known.sha256, known.fetch], [hex(bytes), undefined])
  for (const name of readdirSync(path.dirname(other.seed.file)))
    rmSync(path.join(path.dirname(other.seed.file), name))
  const taken = await other.resolve(at.store)
  assert.equal(taken.sha256, hex(bytes))
  assert.match(taken.origin.signedBy ?? '', /SHA256:/)
  assert.deepEqual(readFileSync(other.seed.file), bytes)
  assert.match(messages(other, 'info'), /the seed: taken from oci:/)
  assert.deepEqual(readdirSync(path.join(other.seed.root, 'work')), [])
  assert.deepEqual(await cachedSeedBySize(other.seed.file, other.seed.key), {
    ...{ path: other.seed.file, sha256: hex(bytes) },
    signedBy: taken.origin.signedBy,
  })
  const listed = JSON.parse((await cli(['store', 'ls', '--json', ...words])).stdout) as {
    stages: unknown[]
    seeds: { key: string; version: string }[]
  }
  assert.deepEqual([listed.stages.length, listed.seeds.map((each) => each.key)], [0, [first.seed.key]])
  const folder = path.join(at.folder, 'by-hand')
  await fetchArtefact(at.store, first.seed.key.slice(0, 8), folder)
  assert.equal(hex(readFileSync(path.join(folder, path.basename(first.seed.file)))), hex(bytes))
  // One that has made its own keeps it, since stages may be built upon it.
  const second = await at.machine('second')
  const tuesday = archive(at.folder, 'of Tuesday')
  await made(second, tuesday)
  assert.equal((await second.resolve(at.store, true)).sha256, hex(tuesday))
  assert.match(messages(second, 'info'), /another seed of the same inputs/)
})

test('of two that put a seed there at the very same time, the one whose it is knows', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  for (let round = 0; round < 3; round++) {
    const key = hex(`round ${round}`)
    const give = async (who: string): Promise<[string, string]> => {
      const root = path.join(at.folder, `${who}-${round}`)
      mkdirSync(path.join(root, 'work'), { recursive: true })
      const file = path.join(root, 'seed.tar.zst')
      const bytes = archive(at.folder, `${who} ${round}`)
      writeFileSync(file, bytes)
      const seeds = new SharedSeeds(new Careful(at.store, () => {}), true)
      const seed = { sha256: hex(bytes), bytes: bytes.length, about: {} }
      return [await seeds.give({ key, file, root }, seed), seed.sha256]
    }
    const both = await Promise.all(['one', 'two'].map(give))
    const there = (await lookUp(at.store, `seed-${key}`))?.statement.files[0]?.sha256
    const mine = both.filter(([, sha256]) => sha256 === there)
    assert.deepEqual(
      mine.map(([said]) => said),
      ['first'],
      JSON.stringify(both),
    )
  }
})

test('a given seed by its digest: who puts stages there puts it there, and others have it by that alone', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const [first, other] = [await at.machine('first'), await at.machine('other')]
  // Named and compressed as nobody would expect.
  const file = path.join(at.folder, '.our seed')
  const tree = mkdtempSync(path.join(at.folder, 'tree-'))
  writeFileSync(path.join(tree, 'file'), 'of ours')
  execFileSync('tar', ['--create', '--xz', '--file', file, '--directory', tree, '.'])
  const sha256 = hex(readFileSync(file))
  const byDigest = { kind: 'by digest', sha256 } as const
  const given = { kind: 'given', file } as const
  await first.begin(given, { store: at.store })
  const nowhere = { code: 'SDK_SEED', message: /is not there.* has none that is believed$/s }
  await assert.rejects(other.begin(byDigest, { store: at.store }), nowhere)
  await assert.rejects(other.begin(byDigest, {}), { code: 'SDK_SEED', message: /there is no --store$/ })
  const gone = { ...at.store, registry: { ...at.store.registry, limits: NO_TIME } }
  await assert.rejects(other.begin(byDigest, { store: gone }), nowhere)
  assert.match(messages(other, 'warning'), /: it is not had from there; the store is left alone/)
  await first.begin(given, { store: at.store, writes: true })
  assert.match(messages(first, 'info'), /the seed: put into oci:/)
  assert.equal(messages(first, 'warning'), '')
  const lost = { path: path.join(at.folder, 'gone'), sha256: 'ef'.repeat(32) }
  const facts: Fact[] = []
  const emit = (fact: Fact): void => void facts.push(fact)
  const shared = new SharedSeeds(new Careful(at.store, emit), true)
  await offerGiven(lost, { layout: first.layout, emit, shared })
  assert.match(messages({ facts }, 'warning'), /gone is gone: it is not put into oci:/)
  const here = ['--sdk', 'embedded', '--catalyst_root', other.seed.root, '--version', '1.0.0+m']
  const words = ['--store', at.store.registry.reference.text, '--store_keys', `${at.key}.pub`]
  const plan = async (...more: string[]) => {
    const said = await cli(['plan', ...here, '--seed_tarball', `sha256:${sha256}`, ...words, ...more])
    assert.equal(said.exitCode, 0, said.stderr)
    return JSON.parse(said.stdout)
  }
  const { seed, stages } = await plan('--json')
  assert.deepEqual([seed.kind, seed.source, seed.sha256], ['given', `sha256:${sha256}`, sha256])
  assert.match(seed.signedBy, /^writer /)
  const { jobs } = await plan('--matrix', 'buildbot')
  const keysOf = (each: { key: string | null }): string | null => each.key
  assert.deepEqual(jobs.map(keysOf), stages.map(keysOf))
  assert.ok(stages.every(({ key }: { key: unknown }) => typeof key === 'string'))
  assert.ok(jobs[0].command.includes(`sha256:${sha256}`))
  const late = await other.begin(byDigest, { store: at.store, isLazy: true })
  assert.deepEqual([late.sha256, existsSync(late.path)], [sha256, false])
  const fetched = await late.fetch?.()
  assert.deepEqual(readFileSync(fetched?.path ?? ''), readFileSync(file))
  assert.equal(fetched?.origin.kind, 'given')
  // From then on no store is asked; what is damaged is had again.
  assert.equal((await other.begin(byDigest, {})).path, fetched?.path)
  writeFileSync(fetched?.path ?? '', 'damaged')
  await assert.rejects(other.begin(byDigest, {}), { code: 'SDK_SEED' })
  assert.equal((await other.begin(byDigest, { store: at.store })).sha256, sha256)
  assert.deepEqual(readFileSync(fetched?.path ?? ''), readFileSync(file))
})

test('what is not what was signed is refused by name, and no seed is left of it', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const bytes = archive(at.folder, 'good')
  const key = 'cd'.repeat(32)
  const tag = `seed-${key}`
  const name = 'x.tar.zst'
  const file = path.join(at.folder, name)
  const about = { kind: 'seed' }
  let count = 0
  /** Puts under the tag whatever the statement says. */
  const plant = async (
    store: Store,
    content: Buffer,
    { of = tag, signed = content, names = [name] } = {},
  ) => {
    writeFileSync(file, content)
    const listed = (data: Buffer) =>
      names.map((each) => ({ name: each, path: file, sha256: hex(data), bytes: data.length }))
    const statement = statementOf(of, about, listed(signed))
    const folder = path.join(at.folder, `layout-${count++}`)
    await writeLayout(folder, listed(content), { statement, signature: await sign(store.trust, statement) })
    await pushLayout(at.store.registry, { folder, tag, bytes: 1 })
  }
  const refused = async (what: string, why: RegExp): Promise<void> => {
    const root = path.join(at.folder, what)
    const seed = path.join(root, 'seeds/x.tar.zst')
    mkdirSync(path.dirname(seed), { recursive: true })
    const facts: Fact[] = []
    const seeds = new SharedSeeds(new Careful(at.store, (fact) => void facts.push(fact)), false)
    assert.equal(await seeds.take({ key, file: seed, root }), undefined, what)
    assert.match(messages({ facts }, 'warning'), why, what)
    assert.equal(existsSync(seed), false, what)
  }
  const foreign = { ...at.store, trust: await trustIn(makeKey(path.join(at.folder, 'keys'), 'foreign')) }
  await plant(foreign, bytes)
  await refused('foreign', /\(foreign key\): the seed is made here/)
  await plant(at.store, bytes, { of: `seed-${'ab'.repeat(32)}` })
  await refused('replay', /\(replay\)/)
  await plant(at.store, bytes, { of: `stage-${key}` })
  await refused('a stage’s', /\(replay\)/)
  await plant(at.store, archive(at.folder, 'evil'), { signed: bytes })
  await refused('changed', /\(other archive\)/)
  await plant(at.store, Buffer.from('no archive'))
  await refused('no-archive', /not an archive/)
  await plant(at.store, bytes, { names: [name, 'y.tar.zst'] })
  await refused('two', /is not a seed/)
  await plant(at.store, bytes)
  writeFileSync(keptBlob(at.server, hex(bytes)), archive(at.folder, 'damaged'))
  await refused('damaged', /\(damaged blob\)/)
})

test('the seed of stages that are finished is put there by who writes, if it is still the one that they were built upon', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const [first, other] = [await at.machine('first'), await at.machine('other')]
  const bytes = archive(at.folder, 'of the first')
  await made(first, bytes)
  const given = path.join(at.folder, 'given.tar.zst')
  writeFileSync(given, archive(at.folder, 'given'))
  const [own, theirs] = [hex(bytes), hex(readFileSync(given))]
  await first.offer({ kind: 'distribution' }, own, { store: at.store })
  await first.offer({ kind: 'distribution' }, theirs, { store: at.store, writes: true })
  await first.offer({ kind: 'given', file: given }, own, { store: at.store, writes: true })
  await first.offer({ kind: 'given', file: `${given}.gone` }, own, { store: at.store, writes: true })
  assert.deepEqual(await listTags(at.store.registry), [])
  await first.offer({ kind: 'distribution' }, own, { store: at.store, writes: true })
  await first.offer({ kind: 'given', file: given }, theirs, { store: at.store, writes: true })
  assert.equal((await other.resolve(at.store)).sha256, own)
  assert.equal((await other.begin({ kind: 'by digest', sha256: theirs }, { store: at.store })).sha256, theirs)
  assert.equal(messages(first, 'warning'), '')
})
