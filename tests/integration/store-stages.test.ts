// Stages that go to a store and come from it: as they were, under the names of here, or not at all; also when who does it is
// killed in the middle.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkArchive } from '../../src/inspect/verify/check-archive.js'
import { lookUp, type Store } from '../../src/registry/artefact.js'
import { stageTag } from '../../src/registry/kinds/stage.js'
import type { FinishedStage } from '../../src/stage/finished.js'
import { sideFiles } from '../../src/store/layout.js'
import { readRecord, type StageRecord } from '../../src/store/record.js'
import { hex, NO_REGISTRY, type RegistryServer, registryAt, startStore } from '../helpers/registry-server.js'
import { finish, pushStage, type Root, runIn, SEED, STAGE_KEY, takeInto } from '../helpers/shared-stage.js'
import { smallTree } from './verbs-helpers.js'

interface Place {
  readonly server: RegistryServer
  readonly store: Store
  readonly key: string
  readonly below: (...parts: string[]) => string
  readonly here: Root
  readonly there: Root
}

async function place(t: TestContext): Promise<Place> {
  const { folder, server, key, store } = await startStore(t)
  const below = (...parts: string[]): string => path.join(folder, ...parts)
  return {
    ...{ server, store, key, below },
    here: { folder: below('here'), version: '1+x', stage: 'stage1' },
    there: { folder: below('there'), version: '2.0+other', stage: 'stage1' },
  }
}

const builds = async (root: Root): Promise<string[]> => {
  const { layout } = await runIn(root)
  return existsSync(layout.builds) ? readdirSync(layout.builds).sort() : []
}

const records = async (root: Root): Promise<string[]> =>
  (await builds(root)).filter((name) => name.endsWith('.record.json'))

test('a stage comes back with its proofs and its pool, as one of the version of here', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { store, below, here, there } = await place(t)
  const finished = await finish(here, smallTree(below('tree'), 'content'))
  const pool = (await runIn(here)).layout.carried(SEED.sha256)
  mkdirSync(path.join(pool, 'cat/pkg'), { recursive: true })
  writeFileSync(path.join(pool, 'cat/pkg/pkg-1-1.gpkg.tar'), 'package')
  writeFileSync(path.join(pool, '.proof.json'), '{}')
  assert.equal((await pushStage(store, here, finished)).outcome, 'pushed')
  const taken = await takeInto(store, there)
  const { layout } = await runIn(there)
  assert.equal(taken.output.path, layout.archive('stage1', 'zstd'))
  const record = await readRecord(sideFiles(taken.output.path).record)
  assert.deepEqual(record, taken.record)
  const { version, output, inputs, taken: from, ...rest } = taken.record
  const { version: was, output: outputWas, inputs: inputsWere, ...restWas } = finished.record
  assert.deepEqual(rest, { ...restWas, timing: { ...restWas.timing, order: 1 } })
  assert.deepEqual([version, was, from?.version], ['2.0+other', '1+x', '1+x'])
  assert.deepEqual(output, { ...outputWas, file: 'stage1-amd64-2.0+other.tar.zst' })
  assert.deepEqual(inputs, { ...inputsWere, seed: SEED })
  assert.equal(readlinkSync(layout.latestLink('stage1', 'zstd')), 'stage1-amd64-2.0+other.tar.zst')
  assert.equal(
    readFileSync(path.join(layout.carried(SEED.sha256), 'cat/pkg/pkg-1-1.gpkg.tar'), 'utf8'),
    'package',
  )
  assert.ok(existsSync(sideFiles(taken.output.path).lineage))
  const check = await checkArchive(taken.output.path)
  assert.deepEqual([check.isIntact, check.findings.filter((each) => each.check !== 'chain')], [true, []])
  assert.ok(!existsSync(layout.work('stage1')))
  // Who has taken it has the same: nothing is put there again, under no other bytes.
  assert.equal((await pushStage(store, there, taken)).outcome, 'there already')
})

test('what is signed, and not what it should be, is not taken, and leaves nothing', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const tree = smallTree(at.below('tree'), 'content')
  const hostile = at.below('hostile.tar.zst')
  execFileSync('tar', [
    '--create',
    '--zstd',
    '--file',
    hostile,
    '-P',
    '--transform=s,^.*$,../evil,',
    path.join(tree, 'file'),
  ])
  const bytes = readFileSync(hostile)
  const other = 'b'.repeat(64)
  const cases: [string, RegExp, (record: StageRecord) => StageRecord, string?][] = [
    ['of another stage', /of stage stage2, expected stage1/, (record) => ({ ...record, stage: 'stage2' })],
    ['of another architecture', /of arch arm64/, (record) => ({ ...record, arch: 'arm64' })],
    ['of another type', /of type y-sdk/, (record) => ({ ...record, type: 'y-sdk' })],
    ['of another key', /of key /, (record) => ({ ...record, inputs: { ...record.inputs, key: other } })],
    [
      'upon another seed',
      /of seed /,
      (record) => ({ ...record, inputs: { ...record.inputs, seed: { ...SEED, sha256: other } } }),
    ],
    [
      'of another archive',
      /of archive /,
      (record) => ({ ...record, output: { ...record.output, sha256: other } }),
    ],
    [
      'of another tar',
      /does not hold/,
      (record) => ({ ...record, output: { ...record.output, tarSha256: other } }),
    ],
    [
      'of more members',
      /does not hold/,
      (record) => ({ ...record, output: { ...record.output, entries: 99 } }),
    ],
    [
      'with another list',
      /list of what/,
      (record) => ({ ...record, carried: { ...record.carried, lineage: other } as never }),
    ],
    [
      'of a hostile archive',
      /\.\./,
      (record) => ({ ...record, output: { ...record.output, sha256: hex(bytes), bytes: bytes.length } }),
      hostile,
    ],
  ]
  for (const [index, [what, why, change, archive]] of cases.entries()) {
    const here = { ...at.here, folder: at.below(what) }
    const finished = await finish(here, tree, change)
    if (archive !== undefined) writeFileSync(finished.output.path, bytes)
    const store = { ...at.store, registry: registryAt(at.server.host, {}, `case-${index}`) }
    await pushStage(store, here, finished)
    const there = { ...at.there, folder: at.below(`${what} there`) }
    await assert.rejects(takeInto(store, there), why, what)
    assert.deepEqual(await builds(there), [], what)
    assert.ok(!existsSync((await runIn(there)).layout.work('stage1')), what)
  }
})

/** Runs it as a program of its own, and kills it with all that it has started after so many milliseconds. */
async function killed(what: 'push' | 'take', asked: object, afterMs: number): Promise<boolean> {
  const program = path.join(import.meta.dirname, '../helpers/shared-stage.js')
  const child = spawn(process.execPath, [program, what, JSON.stringify(asked)], {
    stdio: 'ignore',
    detached: true,
  })
  const end = once(child, 'exit')
  const isOver = await Promise.race([end.then(() => true), sleep(afterMs, false)])
  if (!isOver && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  await end
  return isOver
}

test('killed in the middle of a push, or of a pull: nothing half has a final name, and the next run is right', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const tree = smallTree(at.below('tree'), '')
  writeFileSync(path.join(tree, 'random'), randomBytes(12_000_000))
  const finished: FinishedStage = await finish(at.here, tree)
  const ask = { host: at.server.host, key: at.key, finished }
  let kills = 0
  for (let ms = 250, isOver = false; !isOver; ms = Math.round(ms * 1.6)) {
    isOver = await killed('push', { ...ask, root: at.here }, ms)
    if (!isOver) kills++
    const found = await lookUp(at.store, stageTag(STAGE_KEY))
    if (isOver) assert.ok(found !== undefined)
  }
  assert.notEqual((await pushStage(at.store, at.here, finished)).outcome, 'other')
  for (let ms = 250, isOver = false; !isOver; ms = Math.round(ms * 1.6)) {
    isOver = await killed('take', { ...ask, root: at.there }, ms)
    if (!isOver) kills++
    // Finished or not; and what is finished is right.
    for (const name of await records(at.there)) {
      const { layout } = await runIn(at.there)
      const check = await checkArchive(path.join(layout.builds, name.replace('.record.json', '')))
      assert.ok(check.isIntact, check.findings.map(({ problem }) => problem).join())
      rmSync(layout.builds, { recursive: true })
    }
  }
  const taken = await takeInto(at.store, at.there)
  assert.equal((await checkArchive(taken.output.path)).isIntact, true)
  t.diagnostic(`${kills} kills`)
  assert.ok(kills > 0)
})

test('a stage whose bytes differ is told to who comes second, and stays as it is', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { store, below, here, there } = await place(t)
  await pushStage(store, here, await finish(here, smallTree(below('one'), 'one')))
  const second = await pushStage(store, there, await finish(there, smallTree(below('two'), 'two')))
  assert.equal(second.outcome, 'other')
})

test('a stage 1 is not put there without all that it has kept for stage 4', {
  skip: NO_REGISTRY,
}, async (t) => {
  const { store, below, here } = await place(t)
  const finished = await finish(here, smallTree(below('tree'), 'content'))
  const pool = (await runIn(here)).layout.carried(SEED.sha256)
  const file = path.join(pool, 'cat/pkg/pkg-1-1.gpkg.tar')
  mkdirSync(path.dirname(file), { recursive: true })
  execFileSync('tar', ['-cf', file, '-C', below(), 'tree'])
  const kept = { stat: 'of then', identity: 'of then' }
  const packages = { 'cat/pkg/pkg-1-1.gpkg.tar': kept }
  writeFileSync(path.join(pool, '.proof.json'), JSON.stringify({ format: 1, packages }))
  const refused = { code: 'SDK_CHAIN', message: /pkg-1-1\.gpkg\.tar, which stage 4 is to carry: / }
  await assert.rejects(pushStage(store, here, finished), refused)
  rmSync(file)
  await assert.rejects(pushStage(store, here, finished), { ...refused, message: /to carry: it is gone/ })
  assert.equal(await lookUp(store, stageTag(STAGE_KEY)), undefined)
})
