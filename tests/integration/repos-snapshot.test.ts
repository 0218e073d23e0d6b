import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { SdkError } from '../../src/errors.js'
import { treeDigest } from '../../src/repos/digest.js'
import { profileFolders, profileLines } from '../../src/repos/profile.js'
import { repoDigest, snapshotRepo } from '../../src/repos/snapshot.js'
import { packageSources } from '../../src/repos/sources.js'
import { readRepoName } from '../../src/repos/squashed.js'
import type { SdkDefinition } from '../../src/sdk/definition.js'
import { temporary } from './store-helpers.js'

async function repo(t: TestContext): Promise<string> {
  const folder = path.join(await temporary(t), 'tree')
  for (const name of ['profiles', 'sys-apps/sed/files', '.git'])
    await mkdir(path.join(folder, name), { recursive: true })
  await writeFile(path.join(folder, 'profiles/repo_name'), 'main\n')
  await writeFile(path.join(folder, 'sys-apps/sed/sed-1.ebuild'), 'EAPI=8\n')
  await writeFile(path.join(folder, '.git/HEAD'), 'ref\n')
  return folder
}

const sources = async (folder: string): Promise<ReadonlyMap<string, string>> =>
  (await packageSources([{ location: '/a', path: folder }])).packages

const definition = (folder: string) => ({
  name: 'main',
  path: folder,
  archive: '/a',
  location: '/a',
  main: true,
})

test('a digest is of names, contents, links and execute bits, not of times or version control', async (t) => {
  const folder = await repo(t)
  const ebuild = path.join(folder, 'sys-apps/sed/sed-1.ebuild')
  const digest = await treeDigest(folder)
  await utimes(ebuild, 1, 1)
  await writeFile(path.join(folder, '.git/HEAD'), 'other\n')
  assert.equal(await treeDigest(folder), digest)
  await chmod(ebuild, 0o755)
  assert.notEqual(await treeDigest(folder), digest)
  await chmod(ebuild, 0o644)
  assert.equal(await treeDigest(folder), digest)
  await symlink('sed-1.ebuild', path.join(folder, 'sys-apps/sed/link'))
  assert.notEqual(await treeDigest(folder), digest)
})

test('a changed ebuild changes the digest of its package only', async (t) => {
  const folder = await repo(t)
  await mkdir(path.join(folder, 'sys-apps/grep'))
  await writeFile(path.join(folder, 'sys-apps/grep/grep-1.ebuild'), 'EAPI=8\n')
  const before = await sources(folder)
  await writeFile(path.join(folder, 'sys-apps/grep/grep-1.ebuild'), 'EAPI=8\nSLOT=0\n')
  const after = await sources(folder)
  assert.deepEqual([...before.keys()].sort(), ['sys-apps/grep', 'sys-apps/sed'])
  assert.equal(after.get('sys-apps/sed'), before.get('sys-apps/sed'))
  assert.notEqual(after.get('sys-apps/grep'), before.get('sys-apps/grep'))
})

test('a snapshot is a copy by digest, made once, that later edits do not reach', async (t) => {
  const folder = await repo(t)
  const store = path.join(path.dirname(folder), 'store')
  const first = await snapshotRepo(definition(folder), store)
  assert.equal(first.path, path.join(store, first.digest))
  assert.equal((await snapshotRepo(definition(folder), store)).path, first.path)
  await writeFile(path.join(folder, 'sys-apps/sed/sed-1.ebuild'), 'EAPI=7\n')
  const second = await snapshotRepo(definition(folder), store)
  assert.notEqual(second.digest, first.digest)
  assert.equal(await readFile(path.join(first.path, 'sys-apps/sed/sed-1.ebuild'), 'utf8'), 'EAPI=8\n')
  await assert.rejects(readFile(path.join(second.path, '.git/HEAD')), { code: 'ENOENT' })
})

/** Below a repo, what is junk by default. */
const JUNK = [
  ...['.hg/store', '.svn/entries', '.bzr/x', 'CVS/Root', '.osc/x', '.github/x', '.DS_Store', '.idea/x'],
  ...['distfiles/large.tar', 'packages/a/b.tbz2', 'build/catalyst/x'],
  ...['sys-apps/sed/.git', 'sys-apps/.git/HEAD', 'sys-apps/sed/CVS/Entries', 'sys-apps/sed/.osc/x'],
  ...['sys-apps/sed/sed-1.ebuild~', 'sys-apps/sed/.sed-1.ebuild.swp', 'sys-apps/sed/.#sed-1.ebuild'],
  ...['sys-apps/sed/files/#a.patch#', 'eclass/__pycache__/a.pyc', 'profiles/.DS_Store', 'profiles/.nfs0001'],
]

/** And what only looks like it. */
const NO_JUNK = [
  ...['sys-apps/sed/files/sed.orig', 'sys-apps/sed/files/named~', 'sys-apps/sed/files/distfiles/x'],
  ...['sys-apps/packages/packages-1.ebuild', 'dev-vcs/CVS/CVS-1.ebuild', 'build/tool/tool-1.ebuild'],
  ...['.gitignore', 'sys-apps/sed/files/build/x', 'sys-apps/sed/files/x.sw', 'eclass/x.rej', 'eclass/x.bak'],
]

async function fill(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
    await writeFile(path.join(folder, name), 'x\n')
  }
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()

test('junk of a checkout is neither digested nor copied; what only looks like it is', async (t) => {
  const folder = await repo(t)
  const store = path.join(path.dirname(folder), 'store')
  await writeFile(path.join(folder, 'sys-apps/sed/sed-1.ebuild'), 'EAPI=8\nPATCHES=( files/named~ )\n')
  await writeFile(path.join(folder, 'profiles/categories'), 'sys-apps\nbuild\n')
  await fill(folder, NO_JUNK)
  const clean = await snapshotRepo(definition(folder), store)
  const files = await filesOf(clean.path)
  for (const name of NO_JUNK) assert.ok(files.includes(name), name)
  await writeFile(path.join(folder, 'profiles/categories'), 'sys-apps\n')
  const other = await snapshotRepo(definition(folder), store)
  assert.ok(!(await filesOf(other.path)).includes('build/tool/tool-1.ebuild'), 'no category names it')
  await fill(folder, JUNK)
  assert.equal(await repoDigest(definition(folder)), other.digest)
  assert.deepEqual(await snapshotRepo(definition(folder), store), other)
  await writeFile(path.join(folder, 'profiles/eapi'), '8\n')
  const made = await snapshotRepo(definition(folder), store)
  assert.deepEqual(await filesOf(made.path), [...(await filesOf(other.path)), 'profiles/eapi'].sort())
})

test('a definition adds to what is junk, or has its own', async (t) => {
  const folder = await repo(t)
  const store = path.join(path.dirname(folder), 'store')
  await fill(folder, ['a.out', 'sys-apps/b.out', 'sys-apps/x~', 'out/x', 'sys-apps/sed/out/x'])
  const left = async (junk: string[]): Promise<string[]> =>
    await filesOf((await snapshotRepo({ ...definition(folder), junk }, store)).path)
  const own = ['profiles/repo_name', 'sys-apps/sed/sed-1.ebuild']
  assert.deepEqual(await left(['default', '*.out', '/out/']), [...own, 'sys-apps/sed/out/x'].sort())
  assert.deepEqual(
    await left(['/.git', 'o[ut][!x]/']),
    [...own, 'a.out', 'sys-apps/b.out', 'sys-apps/x~'].sort(),
  )
  assert.ok((await left([])).includes('.git/HEAD'))
})

test('of a repo that is a link the tree is copied, not the link', async (t) => {
  const folder = await repo(t)
  const link = path.join(path.dirname(folder), 'link')
  await symlink('tree', link)
  const made = await snapshotRepo(definition(link), path.join(path.dirname(folder), 'store'))
  await writeFile(path.join(folder, 'sys-apps/sed/sed-1.ebuild'), 'EAPI=7\n')
  assert.equal(await readFile(path.join(made.path, 'sys-apps/sed/sed-1.ebuild'), 'utf8'), 'EAPI=8\n')
})

test('another repo, or none, is refused by name', async (t) => {
  const folder = await repo(t)
  const store = path.join(path.dirname(folder), 'store')
  await assert.rejects(snapshotRepo({ ...definition(folder), name: 'overlay' }, store), {
    code: 'SDK_REPO',
    message: /is the repository "main", by its profiles\/repo_name or layout\.conf; expected "overlay"/,
  })
  await assert.rejects(snapshotRepo({ ...definition(folder), path: `${folder}/none` }, store), {
    code: 'SDK_REPO',
    message: /is not an ebuild repository/,
  })
})

test('the snapshot of a repo that holds this program has it among the files of its package', async (t) => {
  const folder = await repo(t)
  const store = path.join(path.dirname(folder), 'store')
  const holder = { ...definition(folder), program: 'sys-apps/sdk' }
  const without = await snapshotRepo(definition(folder), store)
  // Another tree in its place may not have that package.
  assert.deepEqual(await snapshotRepo(holder, store), without)
  await mkdir(path.join(folder, 'sys-apps/sdk/files/program'), { recursive: true })
  await writeFile(path.join(folder, 'sys-apps/sdk/files/program/old'), 'of another program\n')
  await writeFile(path.join(folder, 'sys-apps/sdk/sdk-1.ebuild'), 'EAPI=8\n')
  const made = await snapshotRepo(holder, store)
  assert.equal(made.digest, await treeDigest(made.path))
  assert.equal(made.digest, await repoDigest(holder))
  const program = path.join(made.path, 'sys-apps/sdk/files/program')
  await assert.rejects(readFile(path.join(program, 'old')), { code: 'ENOENT' })
  const [launcher, text] = ['bootstrap_sdk', 'package.json'].map((name) => path.join(program, name))
  assert.equal((await stat(launcher ?? '')).mode & 0o777, 0o755)
  assert.equal((await stat(text ?? '')).mode & 0o777, 0o644)
  assert.deepEqual([...(await sources(without.path)).keys()], ['sys-apps/sed'])
})

test('a copy that somebody has touched, or that a power cut has emptied, is told and made again', async (t) => {
  const folder = await repo(t)
  const store = path.join(path.dirname(folder), 'store')
  const first = await snapshotRepo(definition(folder), store)
  const ebuild = (copy: string): string => path.join(copy, 'sys-apps/sed/sed-1.ebuild')
  const acts: [string, (copy: string) => Promise<unknown>][] = [
    ['emptied', (copy) => truncate(ebuild(copy))],
    ['of another mode', (copy) => chmod(ebuild(copy), 0o600)],
    ['with one more file', (copy) => writeFile(path.join(copy, 'profiles/package.mask'), 'sys-apps/sed\n')],
    ['without one', (copy) => rm(ebuild(copy))],
    ['gone', (copy) => rm(copy, { recursive: true })],
    ['without its proof', () => rm(path.join(store, `${first.digest}.json`))],
    // As it is right after the rename, if the proof were not written last.
    ['with an empty proof', () => truncate(path.join(store, `${first.digest}.json`))],
  ]
  let now = first
  for (const [what, act] of acts) {
    await act(now.path)
    const told: string[] = []
    const before = now
    now = await snapshotRepo(definition(folder), store, { onTouched: (copy) => told.push(copy) })
    assert.deepEqual(told, what.includes('proof') ? [] : [before.path], what)
    assert.equal(now.digest, first.digest)
    assert.equal(await treeDigest(now.path), first.digest, what)
    assert.equal((await stat(ebuild(now.path))).mode & 0o777, 0o644, what)
    assert.equal(
      (await snapshotRepo(definition(folder), store, { onTouched: assert.fail })).path,
      now.path,
      what,
    )
  }
})

test('no link of a repo leads to a file of this machine, and no file of it is too large', async (t) => {
  const folder = await repo(t)
  const beside = path.join(await temporary(t), 'secret')
  await writeFile(beside, 'root:secret\n')
  const name = path.join(folder, 'profiles/repo_name')
  await rm(name)
  await symlink(beside, name)
  const copies = path.join(await temporary(t), 'copies')
  await assert.rejects(snapshotRepo(definition(folder), copies), ({ message }: Error) => {
    assert.match(message, /profiles\/repo_name cannot be read: expected a file of .*, found a link to /)
    return !message.includes('root:secret')
  })
  // As some trees have it.
  await rm(name)
  await writeFile(path.join(folder, 'profiles/name'), 'main\n')
  await symlink('name', name)
  await mkdir(path.join(folder, 'eclass'))
  const large = path.join(folder, 'licenses')
  await writeFile(large, '')
  await truncate(large, 2 ** 22 + 1)
  await snapshotRepo(definition(folder), copies)
  await rm(large)
  const eclass = path.join(folder, 'eclass/long.eclass')
  await writeFile(eclass, '#'.repeat(2 ** 22 + 1))
  await assert.rejects(packageSources([{ location: '/a', path: folder }]), /long\.eclass: expected at most/)
})

test('a snapshot in a squashfs file has no pipes and devices either', async (t) => {
  const folder = await repo(t)
  execFileSync('mkfifo', [path.join(folder, 'profiles/pipe')])
  const file = path.join(await temporary(t), 'main.sqfs')
  execFileSync('mksquashfs', [folder, file, '-quiet', '-no-progress'], { stdio: 'ignore' })
  const copies = path.join(await temporary(t), 'copies')
  await assert.rejects(
    snapshotRepo(definition(file), copies),
    /main\.sqfs: expected files, folders and links, found something else as profiles\/pipe/,
  )
  assert.deepEqual(await readdir(copies), [])
})

test('a name in a squashfs file is not read to its end, when it is a hole', async (t) => {
  const folder = await repo(t)
  await truncate(path.join(folder, 'profiles/repo_name'), 2 ** 26)
  const file = path.join(await temporary(t), 'main.sqfs')
  execFileSync('mksquashfs', [folder, file, '-quiet', '-no-progress'], { stdio: 'ignore' })
  assert.equal(await readRepoName(file), undefined)
})

test('a squashfs file that is renewed all the time is never kept by the digest of another one', async (t) => {
  const [folder, place] = [await repo(t), await temporary(t)]
  const files = new Map<string, string>()
  for (const name of ['one', 'two']) {
    await writeFile(path.join(folder, 'sys-apps/sed/sed-1.ebuild'), `EAPI=8\n# ${name}\n`)
    const file = path.join(place, `${name}.sqfs`)
    execFileSync('mksquashfs', [folder, file, '-quiet', '-no-progress'], { stdio: 'ignore' })
    files.set(await repoDigest(definition(file)), name)
  }
  const script =
    'while :; do for n in one two; do cp "$0/$n.sqfs" "$0/new" && mv "$0/new" "$0/main.sqfs"; done; done'
  const renewing = spawn('bash', ['-c', script, place], { stdio: 'ignore' })
  t.after(() => renewing.kill('SIGKILL'))
  while ((await stat(path.join(place, 'main.sqfs')).catch(() => undefined)) === undefined) await setTimeout(1)
  for (let round = 0; round < 20; round++) {
    const copies = await temporary(t)
    const taken = await snapshotRepo(definition(path.join(place, 'main.sqfs')), copies).catch(
      (error: SdkError) => error,
    )
    if (taken instanceof Error) assert.match(taken.message, /main\.sqfs was replaced while it was copied$/)
    else
      assert.equal(
        await readFile(path.join(taken.path, 'sys-apps/sed/sed-1.ebuild'), 'utf8'),
        `EAPI=8\n# ${files.get(taken.digest)}\n`,
      )
  }
})

test('a profile that is its own parent ends, and its lists are no files of this machine', async (t) => {
  const folder = await repo(t)
  const beside = path.join(await temporary(t), 'secret')
  await writeFile(beside, 'root:secret\n')
  for (const name of ['a', 'b']) await mkdir(path.join(folder, 'profiles', name))
  await writeFile(path.join(folder, 'profiles/a/parent'), '../b\n../../../../../../etc\n')
  await writeFile(path.join(folder, 'profiles/b/parent'), '../a\n')
  await writeFile(path.join(folder, 'profiles/b/packages.build'), 'sys-apps/sed\n')
  await symlink(beside, path.join(folder, 'profiles/a/packages.build'))
  await symlink('../b/packages.build', path.join(folder, 'profiles/a/packages'))
  const found = await profileFolders({ repos: [definition(folder)] } as unknown as SdkDefinition, 'main:a')
  const [b, a] = ['b', 'a'].map((name) => path.join(folder, 'profiles', name))
  assert.deepEqual([found.folders[0], found.folders.at(-1)], [b, a])
  assert.deepEqual(await profileLines(found, 'packages.build'), ['sys-apps/sed'])
  assert.deepEqual(await profileLines(found, 'packages'), ['sys-apps/sed'])
  // Of each line something is made: far more than its bytes.
  await writeFile(path.join(folder, 'profiles/b/packages.build'), 'sys-apps/sed\n'.repeat(2 ** 18))
  assert.deepEqual(await profileLines(found, 'packages.build'), [])
})
