// The binary packages that a stage keeps for its next attempt: those of an edited ebuild go, under all their names, and what
// was built with them.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import type { Fact } from '../../src/events/event.js'
import { openSharedFolders } from '../../src/stage/packages/binary-packages.js'
import { proveSharedPackages } from '../../src/stage/packages/proved-packages.js'
import { sharedFolders } from '../../src/stage/plan/mounts.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { tinyDefinition, tinyPlan } from '../helpers/tiny-plan.js'
import { temporary } from './store-helpers.js'

const TOML = `profile = "p"
portage_patches = "main:patches"
[[cross]]
chost = "aarch64-x-linux-gnu"
[[repos]]
name = "main"
path = "main"
archive = "/repos/main"
main = true
`

const PACKAGES = ['sys-devel/gcc', 'sys-devel/make']

const attempt = (root: string): Promise<StagePlan> => tinyPlan(tinyDefinition(root, TOML), 'stage4', { root })

function writeRepo(root: string): void {
  for (const name of ['profiles', 'patches', ...PACKAGES])
    mkdirSync(path.join(root, 'main', name), { recursive: true })
  writeFileSync(path.join(root, 'main/profiles/repo_name'), 'main\n')
  for (const name of PACKAGES)
    writeFileSync(path.join(root, 'main', name, `${path.basename(name)}-1.ebuild`), 'EAPI=8\n')
}

async function kept(t: TestContext, change: (root: string) => void): Promise<Record<string, boolean>> {
  const root = await temporary(t)
  writeRepo(root)
  const first = await attempt(root)
  await openSharedFolders(first)
  const folders = ['', 'crossdev/'].flatMap((folder) =>
    ['sys-devel/gcc', 'sys-devel/make', 'cross-aarch64-x-linux-gnu/gcc'].map((name) => folder + name),
  )
  for (const name of folders) mkdirSync(path.join(sharedFolders(first).packages, name), { recursive: true })
  change(root)
  const second = await attempt(root)
  await openSharedFolders(second)
  return Object.fromEntries(
    folders.map((name) => [name, existsSync(path.join(sharedFolders(second).packages, name))]),
  )
}

test('the packages of an edited ebuild go, also those of cross toolchains, and no others', async (t) => {
  const found = await kept(t, (root) =>
    writeFileSync(path.join(root, 'main/sys-devel/gcc/gcc-1.ebuild'), 'EAPI=7\n'),
  )
  assert.deepEqual(
    Object.keys(found).filter((name) => found[name]),
    ['sys-devel/make', 'crossdev/sys-devel/make'],
  )
})

test('nothing goes when nothing was edited', async (t) => {
  const found = await kept(t, () => {})
  assert.ok(Object.values(found).every(Boolean))
})

test('other user patches are another stage: none of its packages is taken', async (t) => {
  const found = await kept(t, (root) => writeFileSync(path.join(root, 'main/patches/a.patch'), 'x\n'))
  assert.ok(!Object.values(found).some(Boolean))
})

/** Where Portage keeps a binary package. */
const placeOf = (cpv: string): string => `${cpv.replace(/-1$/, '')}/${path.basename(cpv)}.gpkg.tar`

test('what was built with an edited package goes too, also in the folder of crossdev', async (t) => {
  const root = await temporary(t)
  writeRepo(root)
  const first = await attempt(root)
  await openSharedFolders(first)
  const { packages } = sharedFolders(first)
  const block = (cpv: string, time: number, more: string): string =>
    `BUILD_TIME: ${time}\nCPV: ${cpv}\nPATH: ${placeOf(cpv)}\n${more}`
  const blocks = [
    block('sys-devel/make-1', 20, ''),
    block('app-misc/user-1', 30, 'DEPEND: sys-devel/make\n'),
    block('app-misc/other-1', 30, ''),
  ]
  const files = ['sys-devel/make-1', 'app-misc/user-1', 'app-misc/other-1'].flatMap((cpv) =>
    ['', 'crossdev'].map((folder) => path.join(packages, folder, placeOf(cpv))),
  )
  for (const file of files) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, '')
  }
  for (const folder of ['', 'crossdev'])
    writeFileSync(path.join(packages, folder, 'Packages'), `PACKAGES: 3\n\n${blocks.join('\n')}\n`)
  writeFileSync(path.join(root, 'main/sys-devel/make/make-1.ebuild'), 'EAPI=7\n')
  await openSharedFolders(await attempt(root))
  assert.deepEqual(
    files.filter((file) => existsSync(file)).map((file) => path.basename(file)),
    ['other-1.gpkg.tar', 'other-1.gpkg.tar'],
  )
})

test("of a user's own folder only what the edited ebuild made goes: other versions and what was built with it are Portage's", async (t) => {
  const root = await temporary(t)
  writeRepo(root)
  const users = async (): Promise<StagePlan> => {
    const plan = await attempt(root)
    return { ...plan, definition: { ...plan.definition, places: { packages: path.join(root, 'pkgs') } } }
  }
  const make = path.join(root, 'main/sys-devel/make')
  mkdirSync(path.join(root, 'main/sys-devel/gcc/files'))
  writeFileSync(path.join(make, 'make-2.ebuild'), 'EAPI=8\n')
  await openSharedFolders(await users())
  const files = [
    ...['sys-devel/make/make-1-1.gpkg.tar', 'sys-devel/make/make-1-12.xpak', 'sys-devel/make-1.tbz2'],
    ...['sys-devel/make/make-2-1.gpkg.tar', 'sys-devel/make/make-1-r1-1.gpkg.tar'],
    ...['sys-devel/gcc/gcc-1-1.gpkg.tar', 'app-misc/user/user-1-1.gpkg.tar'],
  ]
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, 'pkgs', file)), { recursive: true })
    writeFileSync(path.join(root, 'pkgs', file), '')
  }
  const gone = async (): Promise<string[]> => {
    await openSharedFolders(await users())
    return files.filter((file) => !existsSync(path.join(root, 'pkgs', file)))
  }
  writeFileSync(path.join(make, 'make-3.ebuild'), 'EAPI=8\n')
  assert.deepEqual(await gone(), [], 'a version that came is no edit')
  writeFileSync(path.join(make, 'make-1.ebuild'), 'EAPI=7\n')
  assert.deepEqual(await gone(), files.slice(0, 3))
  writeFileSync(path.join(root, 'main/sys-devel/gcc/files/a.patch'), '')
  assert.deepEqual(await gone(), [...files.slice(0, 3), 'sys-devel/gcc/gcc-1-1.gpkg.tar'])
})

test('what stage 1 kept for a later stage and is not whole there any more is an error, not a package to build', async (t) => {
  const root = await temporary(t)
  writeRepo(root)
  const plan = await attempt(root)
  await openSharedFolders(plan)
  const { carried, packages } = sharedFolders(plan)
  const told: string[] = []
  const emit = (fact: Fact): void => void told.push(fact.type === 'warning' ? fact.message : fact.type)
  for (const folder of [carried, packages]) {
    mkdirSync(path.join(folder, 'sys-devel/gcc'), { recursive: true })
    writeFileSync(path.join(folder, 'sys-devel/gcc/gcc-1-1.gpkg.tar'), '')
  }
  const prove = (): Promise<void> => proveSharedPackages(plan, { emit })
  await assert.rejects(prove, {
    code: 'SDK_CHAIN',
    message: /gcc-1-1\.gpkg\.tar cannot be carried: .* no tar stream/,
  })
  // Its own are made again.
  assert.match(
    told.join(),
    /^stage4: the binary package .*gcc-1-1\.gpkg\.tar is not used: .*; it is made again$/,
  )
  const lost = { format: 1, packages: { 'sys-devel/gcc/gcc-1-1.gpkg.tar': { stat: '', identity: '' } } }
  writeFileSync(path.join(carried, '.proof.json'), JSON.stringify(lost))
  for (const _ of ['first', 'again'])
    await assert.rejects(prove, {
      code: 'SDK_CHAIN',
      hint: /--rebuild stage1/,
      message: /cannot be carried: it is gone/,
    })
})
