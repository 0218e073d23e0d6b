// What comes from a store into folders of a catalyst root that are links to another disk: `builds`, `seeds` and `packages` may be.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { Careful } from '../../src/registry/careful.js'
import { SharedSeeds } from '../../src/registry/kinds/seeds.js'
import { sharedFolders } from '../../src/stage/plan/mounts.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { ALL, fileOf, Machine } from '../helpers/packages-machine.js'
import { type EmptyStore, NO_REGISTRY, startStore } from '../helpers/registry-server.js'
import { finish, pushStage, runIn, SEED, takeInto } from '../helpers/shared-stage.js'
import { needsRoot } from './store-helpers.js'
import { smallTree } from './verbs-helpers.js'

interface Place extends EmptyStore {
  /** Makes `link` lead to a folder on the other disk. */
  readonly lead: (link: string) => void
}

async function place(t: TestContext): Promise<Place> {
  const disk = mkdtempSync(path.join(tmpdir(), 'disk-'))
  execFileSync('mount', ['-t', 'tmpfs', 'disk', disk])
  t.after(() => {
    execFileSync('umount', [disk])
    rmdirSync(disk)
  })
  const lead = (link: string): void => {
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(mkdtempSync(path.join(disk, 'folder-')), link)
  }
  return { ...(await startStore(t)), lead }
}

const skip = NO_REGISTRY || needsRoot().skip

test('a stage and its pool', { skip }, async (t) => {
  const { folder, store, lead } = await place(t)
  const here = { folder: path.join(folder, 'here'), version: '1+x', stage: 'stage1' } as const
  const there = { ...here, folder: path.join(folder, 'there'), version: '2+y' }
  const finished = await finish(here, smallTree(path.join(folder, 'tree'), 'content'))
  const pool = (await runIn(here)).layout.carried(SEED.sha256)
  mkdirSync(pool, { recursive: true })
  writeFileSync(path.join(pool, 'pkg-1-1.gpkg.tar'), 'package')
  await pushStage(store, here, finished)
  const { layout } = await runIn(there)
  for (const name of ['builds', 'seeds']) lead(path.join(layout.root, name))
  const taken = await takeInto(store, there)
  assert.equal(await sha256File(taken.output.path), finished.record.output.sha256)
  assert.deepEqual(readdirSync(layout.carried(SEED.sha256)), ['pkg-1-1.gpkg.tar'])
  assert.deepEqual(readdirSync(path.dirname(layout.work('stage1'))), [])
})

test('a seed', { skip }, async (t) => {
  const { folder, store, lead } = await place(t)
  const facts: Fact[] = []
  const seeds = new SharedSeeds(new Careful(store, (fact) => void facts.push(fact)), true)
  const tree = smallTree(path.join(folder, 'tree'), 'content')
  const made = path.join(folder, 'seed.tar.zst')
  execFileSync('tar', ['--create', '--zstd', '--directory', tree, '--file', made, '.'])
  const sha256 = await sha256File(made)
  const key = 'a'.repeat(64)
  const bytes = readFileSync(made).length
  await seeds.give({ key, file: made, root: folder }, { sha256, bytes, about: {} })
  const root = path.join(folder, 'other')
  lead(path.join(root, 'seeds'))
  const file = path.join(root, 'seeds/x.tar.zst')
  assert.equal((await seeds.take({ key, file, root }))?.sha256, sha256)
  assert.equal(await sha256File(file), sha256)
  assert.deepEqual(readdirSync(path.join(root, 'seeds')), ['x.tar.zst'])
})

test('binary packages, of which one is here', { skip }, async (t) => {
  const { folder, store, lead } = await place(t)
  const machine = (name: string): Machine => {
    mkdirSync(path.join(folder, name))
    return new Machine(path.join(folder, name))
  }
  const [first, second] = [machine('first'), machine('second')]
  await first.build('first')
  await first.give(store)
  lead(path.join((await second.plan()).layout.root, 'packages'))
  assert.deepEqual(await second.take(store), ALL)
  const { packages } = sharedFolders(await second.plan())
  rmSync(path.join(packages, fileOf('a/leaf')))
  assert.deepEqual(await second.take(store), ALL)
  assert.equal(await second.bytes('a/leaf'), await first.bytes('a/leaf'))
  assert.equal(second.said('warning'), '')
})
