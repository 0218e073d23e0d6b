// Old artefacts are removed, and their files collected by the registry, while others write and read: what is young or newest stays
// whole, and who was about to take what went is told so, builds, and puts it there again.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { lookUp, pullFiles, type Store } from '../../src/registry/artefact.js'
import { Careful } from '../../src/registry/careful.js'
import { deleteManifest, pushLayout, setTag } from '../../src/registry/client.js'
import { collectArtefacts } from '../../src/registry/collect.js'
import { SharedSeeds } from '../../src/registry/kinds/seeds.js'
import { statementOf, writeLayout } from '../../src/registry/layout.js'
import { type Artefact, pushArtefact } from '../../src/registry/push.js'
import { sign } from '../../src/registry/signature.js'
import { killGc } from '../helpers/gc-kills.js'
import {
  hex,
  keptBlob,
  keptBytes,
  NO_REGISTRY,
  type RegistryServer,
  startStore,
} from '../helpers/registry-server.js'
import { archiveOf } from '../helpers/shared-seed.js'

const OLD = '2020-01-01T00:00:00Z'
const tagOf = (digit: number): string => `stage-${String(digit).repeat(64)}`

interface Place {
  readonly folder: string
  readonly server: RegistryServer
  readonly store: Store
  /** Bytes that nobody else has, of a stage that was finished then. */
  artefact(tag: string, time: string): Artefact
}

async function place(t: TestContext): Promise<Place> {
  const { folder, server, store } = await startStore(t)
  let count = 0
  return {
    ...{ folder, server, store },
    artefact(tag, time) {
      const file = path.join(folder, `file-${count++}`)
      const data = randomBytes(1_000_000)
      writeFileSync(file, data)
      const about = { kind: 'stage', stage: 'stage2', type: 'x', arch: 'amd64', time }
      return { tag, about, files: [{ name: 'a.tar.zst', path: file, sha256: hex(data), bytes: data.length }] }
    },
  }
}

const isWhole = async ({ store, folder }: Place, tag: string): Promise<boolean> => {
  const found = await lookUp(store, tag)
  if (found === undefined) return false
  await pullFiles(store, found, mkdtempSync(path.join(folder, 'pulled-')))
  return true
}

test(
  'gc that is killed twice beside writers leaves what is whole or gone, and the next one finishes it; at night ten times',
  {
    skip: NO_REGISTRY,
  },
  (t) => killGc(t, 2),
)

test('gc beside writers: old ones go, what is written meanwhile stays whole, and the registry gives the space back', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  for (const digit of [1, 2, 3]) await pushArtefact(at.store, at.artefact(tagOf(digit), OLD), at.folder)
  const newest = at.artefact(tagOf(4), '2020-01-02T00:00:00Z')
  await pushArtefact(at.store, newest, at.folder)
  const now = new Date()
  const young = [5, 6].map((digit) => at.artefact(tagOf(digit), now.toISOString()))
  const retention = { keep: 1, minAge: 86_400_000, now, isRehearsal: false }
  const writing = (async () => {
    for (const each of young) await pushArtefact(at.store, each, at.folder)
  })()
  const removed = [...(await collectArtefacts(at.store, retention))]
  await writing
  removed.push(...(await collectArtefacts(at.store, retention)))
  // While the newest was an old one it stayed.
  assert.deepEqual([...new Set(removed.map(({ tag }) => tag))].sort().slice(0, 3), [1, 2, 3].map(tagOf))
  for (const { tag } of young) assert.ok(await isWhole(at, tag), tag)
  for (const digit of [1, 2, 3]) assert.equal(await lookUp(at.store, tagOf(digit)), undefined)
  const before = keptBytes(at.server)
  execFileSync('docker-registry', ['garbage-collect', '--delete-untagged', at.server.config], {
    stdio: 'pipe',
  })
  assert.ok(before - keptBytes(at.server) >= 3_000_000)
  for (const { tag } of young) assert.ok(await isWhole(at, tag), tag)
})

test('what a killed or second writer has left goes when it is old; what is of the first, or young, stays', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  /** As one leaves it that was killed before the last tag, or has come second. */
  const leave = async (artefact: Artefact): Promise<string> => {
    const { tag, about, files } = artefact
    const statement = statementOf(tag, about, files)
    const folder = mkdtempSync(path.join(at.folder, 'left-'))
    await writeLayout(folder, files, { statement, signature: await sign(at.store.trust, statement) })
    const under = `${tag}.${files[0]?.sha256.slice(0, 32)}`
    await pushLayout(at.store.registry, { folder, tag: under, bytes: 1 })
    return under
  }
  const now = new Date()
  const first = at.artefact(tagOf(1), OLD)
  await pushArtefact(at.store, first, at.folder)
  // Under the name of a writer that never was: who may write to the registry need not have a key for that.
  const published = await lookUp(at.store, tagOf(1))
  await setTag(at.store.registry, `${tagOf(1)}.${'0'.repeat(32)}`, published?.digest ?? '')
  const old = [await leave(at.artefact(tagOf(1), OLD)), await leave(at.artefact(tagOf(2), OLD))].sort()
  const young = await leave(at.artefact(tagOf(3), now.toISOString()))
  const retention = { keep: 1, minAge: 86_400_000, now, isRehearsal: true }
  const removed = async (isRehearsal: boolean): Promise<string[]> =>
    (await collectArtefacts(at.store, { ...retention, isRehearsal })).map(({ tag }) => tag).sort()
  assert.deepEqual(await removed(true), old)
  assert.deepEqual(await removed(false), old)
  assert.deepEqual(await removed(false), [])
  assert.ok(await isWhole(at, tagOf(1)))
  assert.ok(await isWhole(at, young))
})

test('what goes between look and pull is a warning; the store is asked on, and has it again from who makes it', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const tree = mkdtempSync(path.join(at.folder, 'tree-'))
  writeFileSync(path.join(tree, 'file'), randomBytes(100_000))
  const bytes = archiveOf(tree)
  const facts: Fact[] = []
  const careful = new Careful(at.store, (fact) => void facts.push(fact))
  const seeds = new SharedSeeds(careful, true)
  const seed = { key: 'cd'.repeat(32), file: path.join(at.folder, 'x.tar.zst'), root: at.folder }
  const made = { sha256: hex(bytes), bytes: bytes.length, about: {} }
  writeFileSync(seed.file, bytes)
  await seeds.give(seed, made)
  const found = await lookUp(at.store, `seed-${seed.key}`)
  assert.ok(found !== undefined)
  await deleteManifest(at.store.registry, found.digest)
  assert.equal(
    await careful.attempt('built here', () => pullFiles(at.store, found, path.join(at.folder, 'late'))),
    undefined,
  )
  const warnings = (): string =>
    facts.flatMap((fact) => (fact.type === 'warning' ? [fact.message] : [])).join()
  assert.match(warnings(), /is not there any more: built here$/)
  await seeds.give(seed, made)
  assert.ok(await isWhole(at, `seed-${seed.key}`))
  // A registry that has collected a file of a manifest which came meanwhile.
  rmSync(keptBlob(at.server, made.sha256))
  facts.length = 0
  assert.equal(await seeds.take(seed), undefined)
  assert.match(warnings(), /not there any more: the seed is made here$/)
  assert.equal(await seeds.give(seed, made), 'first')
  assert.ok(await isWhole(at, `seed-${seed.key}`))
})
