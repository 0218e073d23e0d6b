// Power cuts: what the store keeps on a disk of its own is looked at as it is when the current fails, at many moments of work.
// The image of the disk is copied while the writer is stopped, and the copy is mounted as after a restart.
// Needs root, loop devices, and mkfs of the file system.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { treeMembers } from '../../src/archive/tree-members.js'
import { must } from '../../src/process/run.js'
import { treeDigest } from '../../src/repos/digest.js'
import { createLayout } from '../../src/store/layout.js'
import { findKeptFolder } from '../../src/store/trees/kept-folder.js'
import { openTreeStore } from '../../src/store/trees/trees.js'
import { temporary } from '../integration/store-helpers.js'

/** Images for each file system, and the first number of the pauses between them: POWER_CUTS, POWER_CUT_SEED. */
const IMAGES = Number(process.env.POWER_CUTS ?? 50)
const SEED = Number(process.env.POWER_CUT_SEED ?? Date.now() % 100_000)
/** The smallest that all three can be made on. */
const BYTES = 320 * 1024 * 1024

const programOf = (fs: string): string | undefined =>
  ['/usr/sbin', '/sbin'].map((folder) => path.join(folder, `mkfs.${fs}`)).find(existsSync)

/** Works below `root` without end: makes trees and copies of repos, and says what is finished, a line each. */
function startWriter(root: string): ChildProcess {
  const module = (name: string): string =>
    JSON.stringify(new URL(`../../src/${name}.js`, import.meta.url).href)
  const script = `
    import { createHash } from 'node:crypto'
    import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
    import { treeMembers } from ${module('archive/tree-members')}
    import { snapshotRepo } from ${module('repos/snapshot')}
    import { createLayout, storePaths } from ${module('store/layout')}
    import { openTreeStore } from ${module('store/trees/trees')}
    const root = ${JSON.stringify(root)}
    const layout = createLayout({ root, type: 'x', arch: 'amd64', version: '1' })
    const store = await openTreeStore(layout, treeMembers)
    const source = root + '/source'
    for (let n = 0; ; n += 1) {
      rmSync(source, { recursive: true, force: true })
      mkdirSync(source + '/profiles', { recursive: true })
      mkdirSync(source + '/cat/pkg', { recursive: true })
      writeFileSync(source + '/profiles/repo_name', 'main\\n')
      for (let i = 0; i < 40; i += 1) writeFileSync(source + '/cat/pkg/pkg-' + i + '.ebuild', 'EAPI=8 ' + n + '\\n')
      const repo = { name: 'main', path: source, archive: '/a', location: '/a', main: true }
      console.log('repo ' + (await snapshotRepo(repo, storePaths(layout.store).repos)).digest)
      const directory = await store.scratch()
      for (let i = 0; i < 40; i += 1) writeFileSync(directory + '/file' + i, String(n).repeat(3000))
      const sha256 = createHash('sha256').update(String(n)).digest('hex')
      await store.adopt({ sha256, directory })
      console.log('tree ' + sha256)
      if (n % 10 === 9) await store.collect(new Set([sha256]))
    }`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A process group of its own: the programs that it starts keep the disk busy, too.
    detached: true,
  })
}

/** What a run would believe on the disk that is mounted at `root`. @returns how many trees and copies there were */
async function examine(root: string): Promise<number> {
  const layout = createLayout({ root, type: 'x', arch: 'amd64', version: '1' })
  let believed = 0
  const repos = path.join(layout.store, 'repos')
  for (const name of existsSync(repos) ? readdirSync(repos) : []) {
    const digest = /^([0-9a-f]{64})/.exec(name)?.[1]
    const kept = digest === undefined ? undefined : await findKeptFolder(repos, digest)
    if (kept === undefined) continue
    believed += 1
    assert.equal(await treeDigest(kept), digest, `the copy ${name}`)
  }
  const store = await openTreeStore(layout, treeMembers)
  try {
    for (const name of readdirSync(path.join(layout.store, 'trees')).filter((each) =>
      each.endsWith('.json'),
    )) {
      const tree = await store.find(name.replace('.json', ''))
      if (tree === undefined) continue
      believed += 1
      const [layer = ''] = tree.layers
      assert.equal(readdirSync(layer).length, 40, name)
      const texts = new Set(readdirSync(layer).map((file) => readFileSync(path.join(layer, file), 'utf8')))
      assert.equal(texts.size, 1, name)
      assert.match([...texts][0] ?? '', /^(\d+)\1{2999}$/)
    }
  } finally {
    // Its lock is a file of the disk.
    store.close()
  }
  return believed
}

/** Ends the writer and the programs that it has started, and waits for all of them. */
async function endGroup(writer: ChildProcess): Promise<void> {
  const closed = writer.exitCode === null && writer.signalCode === null ? once(writer, 'close') : undefined
  const group = -(writer.pid ?? 0)
  assert.notEqual(group, 0)
  for (let signal: 'SIGKILL' | 0 = 'SIGKILL'; ; signal = 0) {
    try {
      process.kill(group, signal)
    } catch {
      break
    }
    await wait(20)
  }
  await closed
}

/** Pauses in milliseconds, by a linear congruence: a run is told by its seed. */
function* pauses(seed: number): Generator<number> {
  for (let state = seed; ; state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) yield 20 + (state % 300)
}

for (const fs of ['ext4', 'xfs', 'btrfs'])
  describe(`a power cut on ${fs}`, {
    skip: programOf(fs) === undefined ? `mkfs.${fs} is not there` : false,
  }, () => {
    test('nothing that is not whole is believed', async (t) => {
      const folder = await temporary(t)
      const [image, cut] = [path.join(folder, 'disk'), path.join(folder, 'cut')]
      const [live, after] = [path.join(folder, 'live'), path.join(folder, 'after')]
      for (const each of [live, after]) mkdirSync(each)
      await must({ argv: ['truncate', '--size', String(BYTES), image] })
      await must({ argv: [programOf(fs) ?? '', '-q', image] })
      await must({ argv: ['mount', '-o', 'loop', image, live] })
      const writer = startWriter(live)
      let believed = 0
      try {
        await once(writer.stdout ?? writer, 'data')
        const pause = pauses(SEED)
        for (let n = 0; n < IMAGES; n += 1) {
          await wait(pause.next().value)
          assert.equal(writer.exitCode, null, 'the writer has ended')
          writer.kill('SIGSTOP')
          await must({ argv: ['cp', '--sparse=always', image, cut] })
          writer.kill('SIGCONT')
          // Both disks have one UUID: XFS has to be told that this is meant.
          await must({ argv: ['mount', '-o', fs === 'xfs' ? 'loop,nouuid' : 'loop', cut, after] })
          try {
            believed += await examine(after)
          } finally {
            await must({ argv: ['umount', after] })
            rmSync(cut)
          }
        }
      } finally {
        await endGroup(writer)
        await must({ argv: ['umount', live] })
      }
      t.diagnostic(
        `${IMAGES} images, seed ${SEED}: ${believed} trees and copies were believed, all of them whole`,
      )
      assert.ok(believed > 0)
    })
  })
