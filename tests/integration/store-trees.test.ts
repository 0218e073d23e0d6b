import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { treeMembers } from '../../src/archive/tree-members.js'
import { capture, must } from '../../src/process/run.js'
import { statDigest } from '../../src/store/digest/stat-digest.js'
import { removeTree } from '../../src/store/disk/remove.js'
import type { Layout } from '../../src/store/layout.js'
import { layerId } from '../../src/store/trees/tree-file.js'
import { openTreeStore, type TreeStore, touchedTrees } from '../../src/store/trees/trees.js'
import { needsRoot, temporaryLayout } from './store-helpers.js'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string]

async function filled(store: TreeStore, content: string): Promise<string> {
  const directory = await store.scratch()
  await writeFile(path.join(directory, content), content)
  return directory
}

test('a tree is found after it was adopted, in this opening and the next', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  assert.equal(await store.find(A), undefined)
  const directory = await filled(store, 'one')
  assert.equal((await stat(directory)).mode & 0o777, 0o755)
  const tree = await store.adopt({ sha256: A, directory, entries: 2 })
  assert.ok(!existsSync(directory))
  const upper = await store.adopt({ sha256: B, directory: await filled(store, 'two'), below: tree })
  store.close()
  const again = await openTreeStore(layout, treeMembers)
  assert.deepEqual(await again.find(A), tree)
  assert.deepEqual(await again.find(B), upper)
  assert.deepEqual(upper.layers.slice(1), tree.layers)
  assert.equal(await readFile(path.join(tree.layers[0] ?? '', 'one'), 'utf8'), 'one')
  again.close()
})

test('of two equal trees the first stays and the second is removed', async (t) => {
  const store = await openTreeStore(await temporaryLayout(t), treeMembers)
  const first = await store.adopt({ sha256: A, directory: await filled(store, 'one') })
  const directory = await filled(store, 'again')
  assert.deepEqual(await store.adopt({ sha256: A, directory }), first)
  assert.ok(!existsSync(directory))
  store.close()
})

/** What somebody may do to a tree below `root`, which has these files; and a word of what is then said. */
const DAMAGE: readonly (readonly [what: string, act: (root: string) => Promise<unknown>, said: RegExp])[] = [
  ['touched', (root) => utimes(path.join(root, 'bin/su'), 1, 1), /^bin\/su: time was/],
  ['edited, size and time kept', (root) => edit(path.join(root, 'etc/conf')), /^etc\/conf: content was/],
  ['emptied', (root) => truncate(path.join(root, 'etc/conf')), /^etc\/conf: .*size was 3, is 0/],
  [
    'another mode',
    (root) => chmod(path.join(root, 'bin/su'), 0o755),
    /^bin\/su: mode was 4755, is 755, bin\/su2: mode/,
  ],
  ['a folder of another mode', (root) => chmod(path.join(root, 'etc'), 0o700), /^etc: mode was 755, is 700/],
  ['the top of another mode', (root) => chmod(root, 0o700), /^the folder itself: mode was 755, is 700/],
  ['removed', (root) => rm(path.join(root, 'etc/conf')), /etc\/conf: is gone/],
  ['added', (root) => writeFile(path.join(root, 'etc/.new'), ''), /etc\/\.new: was not there/],
  [
    'a link that leads elsewhere',
    (root) => relink(path.join(root, 'link'), 'bin/sh'),
    /link: .*target was bin\/su, is bin\/sh/,
  ],
  [
    'two files for one with two names',
    (root) => unshare(path.join(root, 'bin/su2')),
    /bin\/su2: kind was hardlink, is file/,
  ],
  [
    'a file for a folder',
    (root) => replaceFolder(path.join(root, 'empty')),
    /empty: kind was directory, is file/,
  ],
]

/** Damages that only root can do. */
const DAMAGE_BY_ROOT: typeof DAMAGE = [
  // It takes the setuid bit away, too.
  [
    'given away',
    (root) => must({ argv: ['chown', '-R', '1000:1000', root] }),
    /^the folder itself: owner was 0\/0, is 1000\/1000, bin: /,
  ],
  [
    'without its capability',
    (root) => attribute(root, 'remove'),
    /^bin\/ping: security\.capability was [0-9a-f]+, is none$/,
  ],
  ['copied without owners, modes and times', (root) => copied(root, '-r'), /bin\/su: /],
]

async function edit(file: string): Promise<void> {
  await writeFile(file, 'YES')
  await utimes(file, 1_000_000_000, 1_000_000_000)
}

async function relink(file: string, target: string): Promise<void> {
  await rm(file)
  await symlink(target, file)
}

async function unshare(file: string): Promise<void> {
  const { mode, mtime, atime } = await stat(file)
  const content = await readFile(file)
  await rm(file)
  await writeFile(file, content)
  await chmod(file, mode)
  await utimes(file, atime, mtime)
}

async function replaceFolder(folder: string): Promise<void> {
  await rmdir(folder)
  await writeFile(folder, '')
}

/** Copies `root` and puts the copy in its place, as after a move of the catalyst root to another disk. */
async function copied(root: string, how: string): Promise<void> {
  await must({ argv: ['cp', how, root, `${root}.copy`] })
  await rename(root, `${root}.before`)
  await rename(`${root}.copy`, root)
  await removeTree(`${root}.before`, path.dirname(path.dirname(root)))
}

/** cap_net_raw=ep (linux/capability.h, revision 2), as on ping. */
const CAPABILITY = '0100000200200000000000000000000000000000'

const attribute = (root: string, act: 'set' | 'remove'): Promise<string> => {
  const value = act === 'set' ? `, bytes.fromhex(${JSON.stringify(CAPABILITY)})` : ''
  const script = `import os, sys; os.${act}xattr(sys.argv[1], "security.capability"${value})`
  return must({ argv: ['python3', '-c', script, path.join(root, 'bin/ping')] })
}

/** A folder with a setuid program of two names, a link, an empty folder and a file of three bytes; as root a capability, too. */
async function smallRoot(store: TreeStore): Promise<string> {
  const directory = await store.scratch()
  for (const name of ['bin', 'etc', 'empty']) await mkdir(path.join(directory, name))
  for (const name of ['bin/su', 'bin/ping', 'etc/conf']) await writeFile(path.join(directory, name), 'yes')
  await utimes(path.join(directory, 'etc/conf'), 1_000_000_000, 1_000_000_000)
  await link(path.join(directory, 'bin/su'), path.join(directory, 'bin/su2'))
  await symlink('bin/su', path.join(directory, 'link'))
  await chmod(path.join(directory, 'bin/su'), 0o4755)
  if (process.getuid?.() === 0) await attribute(directory, 'set')
  return directory
}

const withDamage = async (t: TestContext, table: typeof DAMAGE): Promise<void> => {
  const store = await openTreeStore(await temporaryLayout(t), treeMembers)
  const below = await store.adopt({ sha256: B, directory: await filled(store, 'below') })
  for (const [what, act, said] of table) {
    const tree = await store.adopt({ sha256: A, directory: await smallRoot(store), below })
    const layer = tree.layers[0] ?? ''
    await act(layer)
    const told: string[] = []
    assert.equal(await store.find(A, (damage) => told.push(damage)), undefined, what)
    assert.equal(told.length, 1, what)
    assert.match(told[0]?.replace(`${layer}: `, '') ?? '', said, what)
    // What is forgotten is not told again, and a fresh tree takes its place.
    assert.equal(await store.find(A, () => assert.fail(what)), undefined)
  }
  assert.deepEqual(await store.find(B), below)
  store.close()
}

test('a tree that was changed in any way is not found, it is said what differs, and it is made anew', (t) =>
  withDamage(t, DAMAGE))

test(
  'a tree is not found either when it was given away, lost a capability, or was copied carelessly',
  needsRoot(),
  (t) => withDamage(t, DAMAGE_BY_ROOT),
)

test('a tree below which a layer was changed is not found', async (t) => {
  const store = await openTreeStore(await temporaryLayout(t), treeMembers)
  const below = await store.adopt({ sha256: A, directory: await smallRoot(store) })
  await store.adopt({ sha256: B, directory: await filled(store, 'upper'), below })
  await chmod(path.join(below.layers[0] ?? '', 'etc'), 0o700)
  const told: string[] = []
  assert.equal(await store.find(B, (damage) => told.push(damage)), undefined)
  assert.match(told.join(), /etc: mode was 755, is 700$/)
  store.close()
})

test('a copy with all that belongs to its files is the same tree', needsRoot(), async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  const tree = await store.adopt({ sha256: A, directory: await smallRoot(store) })
  await copied(tree.layers[0] ?? '', '-a')
  assert.deepEqual(await touchedTrees(layout, [A, B]), [A])
  assert.deepEqual(await store.find(A, assert.fail), tree)
  // From now on a stat walk is enough again.
  assert.deepEqual(await touchedTrees(layout, [A, B]), [])
  store.close()
})

test('what proves a tree is itself not trusted when it is damaged, and its contents are compared when that is asked for', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  const adopt = async (): Promise<string> =>
    (await store.adopt({ sha256: A, directory: await smallRoot(store) })).layers[0] ?? ''
  for (const [name, content] of [
    ['proof.json', ''],
    ['proof.json', '{"format":1}'],
    ['members.gz', ''],
    ['members.gz', 'no gzip'],
  ] as const) {
    const layer = await adopt()
    await writeFile(path.join(layer, '..', name), content)
    // The list is only read for a closer look.
    if (name === 'members.gz') await utimes(path.join(layer, 'bin/su'), 1, 1)
    const told: string[] = []
    assert.equal(await store.find(A, (damage) => told.push(damage)), undefined, name)
    assert.match(told.join(), new RegExp(`${name} cannot be read`))
  }
  const layer = await adopt()
  await edit(path.join(layer, 'etc/conf'))
  const proof = path.join(layer, '../proof.json')
  const text = await readFile(proof, 'utf8')
  // As a disk that returns other bytes than were written: no stat shows it.
  await writeFile(proof, text.replace(/"stat":"[0-9a-f]+"/, `"stat":"${await statDigest(layer)}"`))
  assert.notEqual(await store.find(A, assert.fail), undefined)
  const told: string[] = []
  assert.equal(await store.examine(A, (damage) => told.push(damage)), undefined)
  assert.match(told.join(), /etc\/conf: content was/)
  assert.equal(await store.find(A), undefined)
  store.close()
})

test('a tree does not exist when its file is cut, foreign or of another format, or a layer is gone', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  const tree = await store.adopt({ sha256: A, directory: await filled(store, 'one') })
  const kept = await store.adopt({ sha256: B, directory: await filled(store, 'two') })
  const file = path.join(layout.store, 'trees', `${A}.json`)
  const good = await readFile(file, 'utf8')
  const other = [good.slice(0, 30), '', 'null', good.replace('"format":3', '"format":4'), good.replace(A, B)]
  // A layer of another tree, by an edit.
  other.push(good.replace(/("layers":\[")[0-9a-f]{16}/, `$1${layerId(kept.layers[0] ?? '')}`))
  for (const bad of [...other, good.replace(/"layers":\["/, '"layers":["../')]) {
    await writeFile(file, bad)
    assert.equal(await store.find(A), undefined, bad)
  }
  await writeFile(file, good)
  assert.deepEqual(await store.find(A), tree)
  await removeTree(tree.layers[0] ?? '', layout.store)
  assert.equal(await store.find(A), undefined)
  store.close()
})

test('collecting keeps what a kept tree names and removes all else', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  const base = await store.adopt({ sha256: A, directory: await filled(store, 'one') })
  const upper = await store.adopt({ sha256: B, directory: await filled(store, 'two'), below: base })
  await store.adopt({ sha256: C, directory: await filled(store, 'three') })
  await filled(store, 'stale')
  // As left by a crash between the move and the tree's file, and by one in the middle of a removal.
  await mkdir(path.join(layout.store, 'layers/0123456789abcdef/root'), { recursive: true })
  await mkdir(path.join(layout.store, 'layers/.removing-0123456789ab/x'), { recursive: true })
  const collected = await store.collect(new Set([B]))
  assert.deepEqual([collected.done, collected.trees, collected.layers.length], [true, [A, C], 2])
  assert.deepEqual(await store.find(B), upper)
  assert.equal((await readdir(path.join(layout.store, 'layers'))).length, 2)
  assert.deepEqual(await readdir(path.join(layout.store, 'scratch')), [])
  assert.equal((await store.collect(new Set())).layers.length, 2)
  assert.deepEqual(await readdir(path.join(layout.store, 'layers')), [])
  store.close()
})

test('nothing is collected while another opening uses the store', async (t) => {
  const layout = await temporaryLayout(t)
  const [mine, other] = [await openTreeStore(layout, treeMembers), await openTreeStore(layout, treeMembers)]
  const directory = await other.scratch()
  assert.deepEqual(await mine.collect(new Set()), { done: false, trees: [], layers: [] })
  assert.ok(existsSync(directory))
  other.close()
  assert.equal((await mine.collect(new Set())).done, true)
  assert.ok(!existsSync(directory))
  mine.close()
})

/** A process that adopts one tree; it is killed `afterMs` from the start of adopt, if that is given. Returns its milliseconds. */
async function adoptElsewhere(layout: Layout, afterMs?: number): Promise<number> {
  const module = (name: string): string =>
    JSON.stringify(new URL(`../../src/${name}.js`, import.meta.url).href)
  const { root, type, arch, version } = layout
  const script = `
    import { writeFileSync } from 'node:fs'
    import { createLayout } from ${module('store/layout')}
    import { treeMembers } from ${module('archive/tree-members')}
    import { openTreeStore } from ${module('store/trees/trees')}
    const store = await openTreeStore(createLayout(${JSON.stringify({ root, type, arch, version })}), treeMembers)
    const directory = await store.scratch()
    writeFileSync(directory + '/whole', 'whole')
    process.stdout.write('.')
    await store.adopt({ sha256: ${JSON.stringify(A)}, directory })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const start = performance.now()
  if (afterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), afterMs)
  await once(child, 'close')
  return performance.now() - start
}

test('killed anywhere in adopt, the next run sees the tree whole or not at all', async (t) => {
  const layout = await temporaryLayout(t)
  const wholeMs = await adoptElsewhere(layout)
  let found = 0
  for (let part = 0; part <= 10; part += 1) {
    const store = await openTreeStore(layout, treeMembers)
    const tree = await store.find(A)
    if (tree !== undefined) {
      found += 1
      assert.equal(await readFile(path.join(tree.layers[0] ?? '', 'whole'), 'utf8'), 'whole')
    }
    assert.equal((await store.collect(new Set())).done, true)
    for (const each of ['trees', 'layers', 'scratch']) {
      assert.deepEqual(await readdir(path.join(layout.store, each)), [], `round ${part}: ${each}`)
    }
    store.close()
    await adoptElsewhere(layout, (wholeMs * part) / 10)
  }
  t.diagnostic(`${found} of 11 were complete`)
  assert.ok(found >= 1, 'the first was not killed')
})

test("an overlay's upper keeps its whiteouts and opaque marks as a layer", needsRoot(), async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  const lower = await filled(store, 'gone')
  await mkdir(path.join(lower, 'hidden'))
  await writeFile(path.join(lower, 'hidden/old'), '')
  const below = await store.adopt({ sha256: A, directory: lower })
  const work = layout.work('stage2')
  for (const name of ['upper', 'overlay', 'merged']) await mkdir(path.join(work, name), { recursive: true })
  const options = `lowerdir=${below.layers[0]},upperdir=upper,workdir=overlay`
  const change =
    'mount -t overlay -o "$1" o merged && rm merged/gone && rm -r merged/hidden && mkdir merged/hidden'
  const made = await capture({ argv: ['unshare', '--mount', 'sh', '-c', change, 'sh', options], cwd: work })
  if (made.exitCode !== 0 && process.env.CI === undefined) return t.skip(`no overlayfs here: ${made.stderr}`)
  assert.equal(made.exitCode, 0, made.stderr)
  const tree = await store.adopt({ sha256: B, directory: path.join(work, 'upper'), below })
  const look = 'mount -t overlay -o "lowerdir=$1" o merged && ls -A merged merged/hidden'
  const seen = await must({
    argv: ['unshare', '--mount', 'sh', '-c', look, 'sh', tree.layers.join(':')],
    cwd: work,
  })
  assert.equal(seen, 'merged:\nhidden\n\nmerged/hidden:\n')
  store.close()
})

test('a placed layer is nobody’s until a tree names it, and then as one that was adopted', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout, treeMembers)
  const layer = await store.place(await filled(store, 'one'))
  assert.equal(await store.damageOf([layer]), undefined)
  await store.list(layer, { idle: true })
  const tree = await store.name({ sha256: A, layer, entries: 2 })
  assert.deepEqual(await store.find(A), tree)
  assert.deepEqual(tree.layers, [layer])
  const lost = await store.place(await filled(store, 'two'))
  store.close()
  const again = await openTreeStore(layout, treeMembers)
  await again.collect(new Set([A]))
  assert.ok(existsSync(layer))
  assert.ok(!existsSync(lost))
  again.close()
})

test('a placed layer that is changed before its members are listed is no tree', async (t) => {
  const store = await openTreeStore(await temporaryLayout(t), treeMembers)
  const layer = await store.place(await filled(store, 'one'))
  await writeFile(path.join(layer, 'one'), 'two')
  assert.match((await store.damageOf([layer])) ?? '', /touched before there was a list of its members/)
  await assert.rejects(store.list(layer), { code: 'SDK_CHAIN', message: /was changed while/ })
  store.close()
})

test('of two equal trees the first stays, and a layer of the second can still be used', async (t) => {
  const store = await openTreeStore(await temporaryLayout(t), treeMembers)
  const first = await store.adopt({ sha256: A, directory: await filled(store, 'one') })
  const layer = await store.place(await filled(store, 'one'))
  await store.list(layer)
  assert.deepEqual(await store.name({ sha256: A, layer }), first)
  assert.ok(existsSync(layer))
  store.close()
})
