import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { capture, must } from '../../src/process/run.js'
import type { Layout } from '../../src/store/layout.js'
import { removeTree } from '../../src/store/remove.js'
import { openTreeStore, type TreeStore } from '../../src/store/trees.js'
import { needsRoot, temporaryLayout } from './store-helpers.js'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string]

async function filled(store: TreeStore, content: string): Promise<string> {
  const directory = await store.scratch()
  await writeFile(path.join(directory, content), content)
  return directory
}

test('a tree is found after it was adopted, in this opening and the next', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout)
  assert.equal(await store.find(A), undefined)
  const directory = await filled(store, 'one')
  assert.equal((await stat(directory)).mode & 0o777, 0o755)
  const tree = await store.adopt({ sha256: A, directory, entries: 2 })
  assert.ok(!existsSync(directory))
  const upper = await store.adopt({ sha256: B, directory: await filled(store, 'two'), below: tree })
  store.close()
  const again = await openTreeStore(layout)
  assert.deepEqual(await again.find(A), tree)
  assert.deepEqual(await again.find(B), upper)
  assert.deepEqual(upper.layers.slice(1), tree.layers)
  assert.equal(await readFile(path.join(tree.layers[0] ?? '', 'one'), 'utf8'), 'one')
  again.close()
})

test('of two equal trees the first stays and the second is removed', async (t) => {
  const store = await openTreeStore(await temporaryLayout(t))
  const first = await store.adopt({ sha256: A, directory: await filled(store, 'one') })
  const directory = await filled(store, 'again')
  assert.deepEqual(await store.adopt({ sha256: A, directory }), first)
  assert.ok(!existsSync(directory))
  store.close()
})

test('a tree does not exist when its file is cut, foreign or of another format, or a layer is gone', async (t) => {
  const layout = await temporaryLayout(t)
  const store = await openTreeStore(layout)
  const tree = await store.adopt({ sha256: A, directory: await filled(store, 'one') })
  const file = path.join(layout.store, 'trees', `${A}.json`)
  const good = await readFile(file, 'utf8')
  const other = [good.slice(0, 30), '', 'null', good.replace('"format":1', '"format":2'), good.replace(A, B)]
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
  const store = await openTreeStore(layout)
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
  const [mine, other] = [await openTreeStore(layout), await openTreeStore(layout)]
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
    JSON.stringify(new URL(`../../src/store/${name}.js`, import.meta.url).href)
  const { root, type, arch, version } = layout
  const script = `
    import { writeFileSync } from 'node:fs'
    import { createLayout } from ${module('layout')}
    import { openTreeStore } from ${module('trees')}
    const store = await openTreeStore(createLayout(${JSON.stringify({ root, type, arch, version })}))
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
    const store = await openTreeStore(layout)
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
  const store = await openTreeStore(layout)
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
