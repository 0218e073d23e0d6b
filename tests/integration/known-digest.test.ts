// What was digested before is not read again, until anything of it is another thing than it was.

import assert from 'node:assert/strict'
import {
  appendFile,
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { treeDigest } from '../../src/repos/digest.js'
import { knownTreeDigest } from '../../src/repos/known-tree.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { forgetOldDigests, knownDigest, knownSha256 } from '../../src/store/digest/known-digest.js'
import { sealed } from '../../src/store/sealed.js'
import { temporary } from './store-helpers.js'

/** Longer than a tick of the clock of any file system with nanoseconds: what is older counts as settled. */
const settled = (): Promise<void> => delay(60)

const WRONG = 'not what anybody has read'

/** Puts a wrong digest into every note: who answers with it has read the note and not the file. */
async function falsify(memory: string): Promise<number> {
  const notes = await readdir(memory)
  for (const name of notes) {
    const file = path.join(memory, name)
    await writeFile(file, sealed({ ...JSON.parse(await readFile(file, 'utf8')), digest: WRONG }))
  }
  return notes.length
}

test('a file is read once, and again after whatever was done to it', async (t) => {
  const folder = await temporary(t)
  const [memory, file] = [path.join(folder, 'digests'), path.join(folder, 'archive')]
  const aside = path.join(folder, 'aside')
  const { mtime } = await (async () => {
    await writeFile(file, 'content')
    return await stat(file)
  })()
  const acts: [string, () => Promise<unknown>][] = [
    ['nothing', async () => undefined],
    [
      'written over, size and mtime as before',
      async () => {
        await writeFile(file, 'Content')
        await utimes(file, mtime, mtime)
      },
    ],
    ['longer', () => appendFile(file, '!')],
    ['shorter', () => truncate(file, 3)],
    [
      'another file of its name',
      async () => {
        await writeFile(aside, 'con')
        await utimes(aside, mtime, mtime)
        await rename(aside, file)
      },
    ],
    ['another mode', () => chmod(file, 0o600)],
    ['one more name', () => link(file, aside)],
    [
      'removed and made again',
      async () => {
        await rm(file)
        await writeFile(file, 'new')
      },
    ],
  ]
  for (const [what, act] of acts) {
    await act()
    await settled()
    assert.equal(await knownSha256(memory, file), await sha256File(file), what)
    assert.ok((await falsify(memory)) > 0, what)
    assert.equal(await knownSha256(memory, file), WRONG, `${what}: read again`)
    assert.equal(await knownSha256(undefined, file), await sha256File(file), what)
  }
})

test('a note that is none is not believed, and one that cannot be written is no fault', async (t) => {
  const folder = await temporary(t)
  const [memory, file] = [path.join(folder, 'digests'), path.join(folder, 'archive')]
  await writeFile(file, 'content')
  await settled()
  const digest = await knownSha256(memory, file)
  const [name = ''] = await readdir(memory)
  const good = await readFile(path.join(memory, name), 'utf8')
  for (const text of ['', '{}', good.slice(0, -5), good.replace('"format":1', '"format":2')]) {
    await writeFile(path.join(memory, name), text)
    assert.equal(await knownSha256(memory, file), digest)
    assert.equal(await readFile(path.join(memory, name), 'utf8'), good)
  }
  assert.equal(await knownSha256(path.join(folder, 'not/there'), file), digest)
  assert.equal(await knownSha256(path.join(file, 'no-folder'), file), digest)
  await assert.rejects(knownSha256(memory, path.join(folder, 'absent')))
})

test('what changed in this very tick of the clock is not noted', async (t) => {
  const memory = path.join(await temporary(t), 'digests')
  const second = 1_000_000_000n
  const whole = (now: bigint): bigint => (now / second) * second
  // By the clock at each look: on a busy machine a tick is over before it is digested.
  const ages: [string, (now: bigint) => bigint, boolean][] = [
    ['now', (now) => now + 1n, false],
    ['to come', (now) => now + 100n * second, false],
    ['a second ago', (now) => now - second + 1n, true],
    ['this second, without nanoseconds', (now) => whole(now), false],
    ['four seconds ago, without nanoseconds', (now) => whole(now) - 4n * second, true],
  ]
  for (const [key, changedAt, isNoted] of ages) {
    const look = async () => ({ stat: 'same', changed: changedAt(BigInt(Date.now()) * 1_000_000n) })
    await knownDigest(memory, { key, look, read: async () => 'digest' })
    const again = await knownDigest(memory, { key, look, read: async () => 'read again' })
    assert.equal(again, isNoted ? 'digest' : 'read again', key)
  }
})

test('a tree is read once, and again after whatever was done to it', async (t) => {
  const folder = await temporary(t)
  const [memory, root] = [path.join(folder, 'digests'), path.join(folder, 'repo')]
  const [ebuild, grafted] = [path.join(root, 'a/b/b-1.ebuild'), path.join(folder, 'grafted')]
  await mkdir(path.dirname(ebuild), { recursive: true })
  await writeFile(ebuild, 'EAPI=8\n')
  await writeFile(grafted, 'x')
  await symlink('b-1.ebuild', path.join(root, 'a/b/link'))
  const graft = { at: 'g', files: new Map([['x', grafted]]) }
  const { mtime } = await stat(ebuild)
  const acts: [string, () => Promise<unknown>][] = [
    ['nothing', async () => undefined],
    [
      'written over, size and mtime as before',
      async () => {
        await writeFile(ebuild, 'EAPI=7\n')
        await utimes(ebuild, mtime, mtime)
      },
    ],
    ['executable', () => chmod(ebuild, 0o755)],
    ['a file more', () => writeFile(path.join(root, 'a/new\n file'), '')],
    [
      'a link to another',
      async () => {
        await rm(path.join(root, 'a/b/link'))
        await symlink('b-2.ebuild', path.join(root, 'a/b/link'))
      },
    ],
    ['renamed', () => rename(path.join(root, 'a'), path.join(root, 'c'))],
    ['what is put in', () => writeFile(grafted, 'y')],
  ]
  const tree = { path: root, graft, junk: undefined }
  for (const [what, act] of acts) {
    await act()
    await settled()
    const expected = await treeDigest(root, graft)
    assert.equal(await knownTreeDigest(memory, tree), expected, what)
    assert.ok((await falsify(memory)) > 0, what)
    assert.equal(await knownTreeDigest(memory, tree), WRONG, `${what}: read again`)
  }
})

test('notes that nobody has renewed for long are removed', async (t) => {
  const folder = await temporary(t)
  const [memory, file] = [path.join(folder, 'digests'), path.join(folder, 'archive')]
  await writeFile(file, 'content')
  await settled()
  await knownSha256(memory, file)
  await forgetOldDigests(memory)
  const [name = ''] = await readdir(memory)
  const old = new Date(Date.now() - 91 * 86_400_000)
  await utimes(path.join(memory, name), old, old)
  await forgetOldDigests(memory)
  assert.deepEqual(await readdir(memory), [])
  await forgetOldDigests(path.join(folder, 'absent'))
})
