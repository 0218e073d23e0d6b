import assert from 'node:assert/strict'
import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { must } from '../../src/process/run.js'
import {
  giveFinalName,
  hardLink,
  moveLink,
  removeTemporaries,
  replaceLink,
  temporaryPath,
  writeFileAtomic,
} from '../../src/store/disk/atomic.js'
import { needsRoot, temporary } from './store-helpers.js'

test('a file is written, replaced, and leaves nothing beside it', async (t) => {
  const directory = await temporary(t)
  const file = path.join(directory, 'a')
  await writeFileAtomic(file, 'one')
  await writeFileAtomic(file, 'two', 0o600)
  assert.equal(await readFile(file, 'utf8'), 'two')
  assert.equal((await lstat(file)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(directory), ['a'])
})

test('a link that is in the way is replaced, not followed', async (t) => {
  const directory = await temporary(t)
  await writeFile(path.join(directory, 'canary'), 'alive')
  await symlink('canary', path.join(directory, 'a'))
  await writeFileAtomic(path.join(directory, 'a'), 'new')
  assert.equal(await readFile(path.join(directory, 'canary'), 'utf8'), 'alive')
})

test('publish gives a finished temporary its name; when it cannot, both are as if nothing was tried', async (t) => {
  const directory = await temporary(t)
  const final = path.join(directory, 'archive')
  const first = temporaryPath(final)
  await writeFile(first, 'content')
  await giveFinalName(first, final)
  assert.equal(await readFile(final, 'utf8'), 'content')
  const taken = path.join(directory, 'directory')
  await mkdir(taken)
  const second = temporaryPath(taken)
  await writeFile(second, 'content')
  await assert.rejects(giveFinalName(second, taken), { code: 'SDK_HOST', message: /found a folder/ })
  assert.deepEqual((await readdir(directory)).sort(), ['archive', 'directory'])
})

test('a symbolic link is swapped, also over a dangling one', async (t) => {
  const directory = await temporary(t)
  const link = path.join(directory, 'latest')
  await replaceLink(link, 'absent')
  await replaceLink(link, 'other')
  assert.equal(await readlink(link), 'other')
  assert.deepEqual(await readdir(directory), ['latest'])
})

test('a link for people leaves alone what is no link', async (t) => {
  const directory = await temporary(t)
  const link = path.join(directory, 'link')
  assert.equal(await moveLink(link, 'a'), undefined)
  assert.equal(await moveLink(link, 'b'), undefined)
  assert.equal(await readlink(link), 'b')
  const [file, folder] = [path.join(directory, 'file'), path.join(directory, 'folder')]
  await writeFile(file, 'mine')
  await mkdir(folder)
  assert.deepEqual([await moveLink(file, 'a'), await moveLink(folder, 'a')], ['a file', 'a folder'])
  assert.equal(await readFile(file, 'utf8'), 'mine')
})

test('a hard link is made, replaced, and left as it is where it is there, without a leftover', async (t) => {
  const directory = await temporary(t)
  const [from, to] = [path.join(directory, 'from'), path.join(directory, 'to')]
  await writeFile(from, 'x')
  await writeFile(to, 'old')
  await hardLink(from, to)
  const made = await lstat(from, { bigint: true })
  await new Promise((resolve) => setTimeout(resolve, 20))
  await hardLink(from, to)
  assert.equal((await lstat(from, { bigint: true })).ctimeNs, made.ctimeNs)
  assert.equal((await lstat(to)).ino, (await lstat(from)).ino)
  assert.deepEqual((await readdir(directory)).sort(), ['from', 'to'])
})

test("only the temporaries of the file itself are removed, not another one's", async (t) => {
  const directory = await temporary(t)
  const [mine, other] = [path.join(directory, 'a'), path.join(directory, 'a2')]
  await writeFile(temporaryPath(mine), '')
  const kept = temporaryPath(other)
  await writeFile(kept, '')
  await removeTemporaries(mine)
  await removeTemporaries(path.join(directory, 'absent', 'x'))
  assert.deepEqual(await readdir(directory), [path.basename(kept)])
})

test('a full disk is SDK_SPACE, keeps the old file and leaves no temporary', needsRoot(), async (t) => {
  const directory = await temporary(t)
  // A private mount namespace: the small tmpfs is never visible on the host and ends with the child.
  const script = `
    import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
    import { writeFileAtomic } from ${JSON.stringify(new URL('../../src/store/disk/atomic.js', import.meta.url).href)}
    writeFileSync('full/a', 'old')
    const code = await writeFileAtomic('full/a', Buffer.alloc(8 << 20)).then(() => 'none', (error) => error.code)
    console.log(JSON.stringify([code, readFileSync('full/a', 'utf8'), readdirSync('full')]))`
  await mkdir(path.join(directory, 'full'))
  const mount = 'mount -t tmpfs -o size=1m tmpfs full && exec "$@"'
  const argv = ['unshare', '--mount', 'sh', '-c', mount, 'sh', process.execPath] as const
  const stdout = await must({
    argv: [...argv, '--input-type=module', '-e', script],
    cwd: directory,
  })
  assert.deepEqual(JSON.parse(stdout), ['SDK_SPACE', 'old', ['a']])
})
