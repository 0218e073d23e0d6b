// Binary packages in a store: what one machine has built of the same sources serves another, by the rules of its own; what is not what
// was signed, or not of these sources, is built.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { lookUp, type Store } from '../../src/registry/artefact.js'
import { pushLayout } from '../../src/registry/client.js'
import { statementOf, writeLayout } from '../../src/registry/layout.js'
import { sign } from '../../src/registry/signature.js'
import { sharedFolders } from '../../src/stage/plan/mounts.js'
import { packageKey } from '../../src/stage/plan/package-key.js'
import { acquireLock } from '../../src/store/lock.js'
import { sealed } from '../../src/store/sealed.js'
import { ALL, fileOf, Machine, NEEDS } from '../helpers/packages-machine.js'
import {
  type EmptyStore,
  hex,
  keptBlob,
  keptBytes,
  makeKey,
  NO_REGISTRY,
  startStore,
  trustIn,
} from '../helpers/registry-server.js'

interface Place extends EmptyStore {
  machine(): Machine
}

async function place(t: TestContext): Promise<Place> {
  const started = await startStore(t)
  const machine = (): Machine => new Machine(mkdtempSync(path.join(started.folder, 'machine-')))
  return { ...started, machine }
}

test('what was built elsewhere is here, and of an edited ebuild only what depends on it is not; only what is new travels', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const [first, second, third] = [at.machine(), at.machine(), at.machine()]
  const plan = await first.build('first')
  await first.give(at.store)
  assert.match(first.said('info'), /stage3: 5 files of binary packages put into oci:.*, 5 of them new/)
  assert.deepEqual(await second.take(at.store), ALL)
  assert.match(
    second.said('info'),
    /stage3: 3 binary packages of other machines are here now, from oci:.* signed by/,
  )
  for (const cp of Object.keys(NEEDS)) assert.equal(await second.bytes(cp), await first.bytes(cp))
  assert.deepEqual(readdirSync(path.join((await second.plan()).layout.root, 'work')), [])
  // Once they are here, nothing is asked for, and they are as its own: an edit drops what it drops.
  second.facts.length = 0
  assert.deepEqual(await second.take(at.store), ALL)
  assert.deepEqual(second.facts, [])
  second.edit('a/leaf', '# edited\n')
  assert.deepEqual(await second.take(at.store), [fileOf('a/lib'), fileOf('a/user')])
  // A library: what depends on it goes with it.
  third.edit('a/lib', '# edited\n')
  assert.equal(packageKey(await third.plan()), packageKey(plan))
  assert.deepEqual(await third.take(at.store), [fileOf('a/leaf')])
  await third.build('third', { time: 1_700_000_100 })
  const before = keptBytes(at.server)
  await third.give(at.store)
  assert.match(third.said('info'), /5 files of binary packages put into oci:.*, 4 of them new/)
  assert.ok(keptBytes(at.server) - before < 2 * 22_000 + 30_000, `${keptBytes(at.server) - before} bytes`)
  assert.deepEqual(second.said('warning') + third.said('warning'), '')
})

test('the first of the same sources wins; the larger of two sets serves, and they are not mixed', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const [first, second] = [at.machine(), at.machine()]
  await first.build('first')
  await first.give(at.store)
  await second.build('second', { cps: ['a/lib'] })
  await second.take(at.store)
  assert.equal(await second.bytes('a/lib'), await first.bytes('a/lib'))
  const third = at.machine()
  await third.build('third')
  const own = await third.bytes('a/lib')
  assert.deepEqual(await third.take(at.store), ALL)
  assert.equal(await third.bytes('a/lib'), own)
  const digest = (await lookUp(at.store, `packages-${packageKey(await third.plan())}`))?.digest
  await third.give(at.store)
  assert.equal((await lookUp(at.store, `packages-${packageKey(await third.plan())}`))?.digest, digest)
})

test('of two that give at the very same time one set is there, whole', { skip: NO_REGISTRY }, async (t) => {
  const at = await place(t)
  const [one, two, third] = [at.machine(), at.machine(), at.machine()]
  await one.build('one')
  await two.build('two')
  await Promise.all([one.give(at.store), two.give(at.store)])
  assert.deepEqual(await third.take(at.store), ALL)
  const from = (await third.bytes('a/lib')) === (await one.bytes('a/lib')) ? one : two
  for (const cp of Object.keys(NEEDS)) assert.equal(await third.bytes(cp), await from.bytes(cp))
  assert.equal(one.said('warning') + two.said('warning') + third.said('warning'), '')
})

test('what another run works with is not given, and nobody waits for that', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const machine = at.machine()
  const plan = await machine.build('first')
  const lock = await acquireLock(plan.layout.packagesLock(sharedFolders(plan).packages), { version: '1+b' })
  await machine.give(at.store)
  assert.match(
    machine.said('info'),
    /^stage3: 1\+b \(process \d+\) works with the same binary packages now: they are not put into the store$/,
  )
  assert.equal(await lookUp(at.store, `packages-${packageKey(plan)}`), undefined)
  lock.release()
  await machine.give(at.store)
  assert.notEqual(await lookUp(at.store, `packages-${packageKey(plan)}`), undefined)
})

test('packages of Git repositories, and what was built with them, stay here', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const [first, second] = [at.machine(), at.machine()]
  const { packages } = sharedFolders(await first.build('first'))
  writeFileSync(path.join(packages, '.commits.json'), JSON.stringify({ 'a/lib-1': 'abc' }))
  await first.give(at.store)
  assert.deepEqual(await second.take(at.store), [fileOf('a/leaf')])
})

test('what is not what was signed, or of other sources, is refused by name, and built', {
  skip: NO_REGISTRY,
}, async (t) => {
  const at = await place(t)
  const first = at.machine()
  const plan = await first.build('first')
  const tag = `packages-${packageKey(plan)}`
  const folder = sharedFolders(plan).packages
  /** The note of the folder as others get it, with `change`. */
  const sourcesOf = (change: object = {}): string =>
    sealed(
      { ...JSON.parse(readFileSync(path.join(folder, '.sources.json'), 'utf8')), ...change },
      { of: 'sources.json' },
    )
  let count = 0
  /** Puts under the tag what the folder has, but for what is said. */
  const plant = async (
    store: Store,
    { of = tag, change = {} }: { of?: string; change?: Record<string, string | undefined> } = {},
    signed: Record<string, string | undefined> = change,
  ): Promise<void> => {
    const aside = mkdtempSync(path.join(at.folder, 'planted-'))
    const files = (changed: typeof change) =>
      ['sources.json', 'Packages', ...ALL].flatMap((name) => {
        const there = () => (name === 'sources.json' ? sourcesOf() : readFileSync(path.join(folder, name)))
        const given = name in changed ? changed[name] : there()
        if (given === undefined) return []
        const data = Buffer.from(given)
        const to = path.join(aside, hex(data))
        writeFileSync(to, data)
        return [{ name, path: to, sha256: hex(data), bytes: data.length }]
      })
    const statement = statementOf(of, { kind: 'packages' }, files(signed))
    const layout = path.join(at.folder, `layout-${count++}`)
    await writeLayout(layout, files(change), { statement, signature: await sign(store.trust, statement) })
    await pushLayout(at.store.registry, { folder: layout, tag, bytes: 1 })
  }
  const found = async (why: RegExp): Promise<string[]> => {
    const machine = at.machine()
    const left = await machine.take(at.store)
    assert.match(machine.said('warning'), why)
    return left
  }
  const foreign = { ...at.store, trust: await trustIn(makeKey(path.join(at.folder, 'keys'), 'foreign')) }
  await plant(foreign)
  assert.deepEqual(await found(/\(foreign key\): the packages are built here/), [])
  await plant(at.store, { of: `packages-${'0'.repeat(32)}` })
  assert.deepEqual(await found(/\(replay\)/), [])
  await plant(at.store, { change: { [fileOf('a/lib')]: 'evil' } }, {})
  assert.deepEqual(await found(/\(other archive\)/), [])
  await plant(at.store, { change: { 'sources.json': undefined } })
  assert.deepEqual(await found(/nothing says what they were built from/), [])
  await plant(at.store, { change: { 'sources.json': sourcesOf({ shared: 'other' }) } })
  assert.deepEqual(await found(/of other repositories/), [])
  const index = readFileSync(path.join(folder, 'Packages'), 'utf8')
  await plant(at.store, { change: { Packages: index.replace(/17000/, '99000') } })
  // A clock that was ahead, or is behind here, changes nothing of what they are.
  assert.equal((await at.machine().take(at.store)).length, 3)
  await plant(at.store, { change: { [fileOf('a/lib')]: 'signed, and no package' } })
  assert.deepEqual(await found(/a\/lib\/lib-1-1\.gpkg\.tar is not used/), [
    fileOf('a/user'),
    fileOf('a/leaf'),
  ])
  await plant(at.store)
  const blob = keptBlob(at.server, await first.bytes('a/lib'))
  writeFileSync(blob, readFileSync(blob).fill('x', 100, 200))
  assert.deepEqual(await found(/\(damaged blob\)/), [])
  await at.server.kill()
  assert.deepEqual(await found(/the store oci/), [])
})
