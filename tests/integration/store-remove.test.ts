import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { capture } from '../../src/process/run.js'
import { reapRemovals, removeTree } from '../../src/store/disk/remove.js'
import { needsRoot, temporary } from './store-helpers.js'

test('a tree, a file and nothing at all are removed', async (t) => {
  const inside = await temporary(t)
  await mkdir(path.join(inside, 'tree/-rf/ä\n'), { recursive: true })
  await symlink('/', path.join(inside, 'tree/root'))
  await writeFile(path.join(inside, 'file'), '')
  for (const name of ['tree', 'file', 'absent', 'absent/too'])
    await removeTree(path.join(inside, name), inside)
  assert.deepEqual(await readdir(inside), [])
})

test('unsafe paths are refused', async (t) => {
  const top = await temporary(t)
  const inside = path.join(top, 'inside')
  await mkdir(path.join(inside, 'real/deep'), { recursive: true })
  await mkdir(path.join(top, 'outside'))
  await symlink('real', path.join(inside, 'link'))
  await symlink('../outside', path.join(inside, 'out'))
  const wrong = [
    '/',
    inside,
    top,
    path.join(top, 'outside'),
    `${inside}/../outside`,
    `${inside}/real/`,
    'real',
    `${inside}/link`,
    `${inside}/link/deep`,
    `${inside}/out/x`,
  ]
  await writeFile(path.join(top, 'outside/x'), 'alive')
  for (const target of wrong) await assert.rejects(removeTree(target, inside), { code: 'SDK_HOST' }, target)
  await assert.rejects(removeTree('/etc/sdk-absent', '/'), { code: 'SDK_HOST' })
  assert.ok(existsSync(path.join(inside, 'real/deep')) && existsSync(path.join(top, 'outside/x')))
})

test('an `inside` that is reached by a link is fine', async (t) => {
  const top = await temporary(t)
  await mkdir(path.join(top, 'real/tree'), { recursive: true })
  await symlink('real', path.join(top, 'alias'))
  await removeTree(path.join(top, 'alias/tree'), path.join(top, 'alias'))
  assert.deepEqual(await readdir(path.join(top, 'real')), [])
})

test('what a killed removal left is reaped, and only that', async (t) => {
  const inside = await temporary(t)
  await mkdir(path.join(inside, '.removing-0123456789ab/deep'), { recursive: true })
  await mkdir(path.join(inside, '.other'))
  await reapRemovals(inside, path.dirname(inside))
  await reapRemovals(path.join(inside, 'absent'), inside)
  assert.deepEqual(await readdir(inside), ['.other'])
})

/** Runs in a private mount namespace, in a directory with `canary/`: each case has one mount at or below a tree. */
const MOUNT_CASES = `
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { reapRemovals, removeTree } from ${JSON.stringify(new URL('../../src/store/disk/remove.js', import.meta.url).href)}
const top = process.cwd()
const mount = (...args) => execFileSync('mount', args)
const attempt = (act) => act.then(() => 'removed', (error) => error.code + ' ' + error.facts.mounts)
const results = []
for (const [tree, below] of [['at', ''], ['below', '/a/b'], ['blank', '/a b'], ['.removing-x', '/a']]) {
  const point = top + '/in/' + tree + below
  mkdirSync(point, { recursive: true })
  mount('--bind', top + '/canary', point)
  const act = tree.startsWith('.') ? reapRemovals(top + '/in', top) : removeTree(top + '/in/' + tree, top + '/in')
  results.push([tree, await attempt(act) === 'SDK_HOST ' + point, existsSync(point + '/alive')])
  execFileSync('umount', [point])
}
mkdirSync('in/stacked/a', { recursive: true })
mount('-t', 'tmpfs', 'tmpfs', 'in/stacked/a')
mkdirSync('in/stacked/a/b')
mount('--bind', 'canary', 'in/stacked/a/b')
results.push(['stacked', (await attempt(removeTree(top + '/in/stacked', top))).split(',').length === 2, existsSync('in/stacked/a/b/alive')])
execFileSync('umount', ['-R', 'in/stacked/a'])
console.log(JSON.stringify({ results, left: readdirSync('in').sort() }))
`

test('a tree with a same-file-system bind mount is refused and the canary lives', needsRoot(), async (t) => {
  const directory = await temporary(t)
  for (const name of ['canary', 'in']) await mkdir(path.join(directory, name))
  await writeFile(path.join(directory, 'canary/alive'), 'yes')
  const { stdout, stderr } = await capture({
    argv: ['unshare', '--mount', process.execPath, '--input-type=module', '-e', MOUNT_CASES],
    cwd: directory,
  })
  assert.notEqual(stdout, '', stderr)
  const { results, left } = JSON.parse(stdout)
  const names = ['.removing-x', 'at', 'below', 'blank', 'stacked']
  for (const [name, refused, alive] of results) assert.deepEqual([refused, alive], [true, true], name)
  assert.deepEqual([results.length, left], [names.length, names])
  assert.equal(await readFile(path.join(directory, 'canary/alive'), 'utf8'), 'yes')
  // Nothing of it was ever visible here, so the same trees go away now.
  for (const name of names) await removeTree(path.join(directory, 'in', name), directory)
  assert.deepEqual(await readdir(path.join(directory, 'in')), [])
})

test('a failing rm is an error, not silence', async () => {
  // Nobody can rename in /proc, root included.
  await assert.rejects(removeTree(`/proc/${process.pid}/task`, `/proc/${process.pid}`))
  assert.ok(existsSync(os.tmpdir()))
})
