import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createLayout } from '../../src/store/layout.js'
import { makeTree, workDirectory } from './archive-helpers.js'
import { needsRoot } from './store-helpers.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

interface Found {
  format: number
  equal: boolean
  a: { kind: string; members: number; packages: number; stage: string | null }
  b: { kind: string; stage: string | null }
  packages: { same: number; missing: { cpv: string }[]; added: { cpv: string }[]; changed: Changed[] }
  summary: { kinds: Record<string, number>; causes: Record<string, number>; mtimeOnly: number }
  groups: { package: string | null; files: FoundFile[] }[]
}
interface Changed {
  cp: string
  differences: string[]
  a: { version: string; origin?: string }
  b: { version: string; origin?: string }
}
interface FoundFile {
  path: string
  differences: { kind: string; a: string | null; b: string | null; why?: Why }[]
}
interface Why {
  causes: string[]
  isExplained: boolean
  sections?: string[]
  elf?: Record<string, [string, string]>
  lines?: { a: number; b: number; first: string[] }
  offset?: number
}

async function compare(
  a: string,
  b: string,
  ...more: string[]
): Promise<{ code: number | null; found: Found }> {
  const { exitCode, stdout, stderr } = await cli(['compare', a, b, '--json', ...more])
  assert.ok(exitCode === 0 || exitCode === 7, stderr)
  return { code: exitCode, found: JSON.parse(stdout) as Found }
}

const files = ({ groups }: Found): Map<string, FoundFile> =>
  new Map(groups.flatMap((group) => group.files.map((file) => [file.path, file])))
const kindsOf = (file: FoundFile | undefined): string[] => file?.differences.map(({ kind }) => kind) ?? []
const why = (found: Found, file: string): Why => {
  const said = files(found)
    .get(file)
    ?.differences.find(({ kind }) => kind === 'content')?.why
  assert.ok(said !== undefined, `nothing is said of ${file}`)
  return said
}

/** Packs with the options given, as other programs than ours may do it. */
function tar(tree: string, file: string, ...options: string[]): string {
  execFileSync('tar', ['-C', tree, '-cf', file, ...options, '.'])
  return file
}

const STAMP = 1_600_000_000
/** Gives every file of a tree the same time. */
const level = (tree: string): Buffer =>
  execFileSync('find', [tree, '-exec', 'touch', '--no-dereference', `--date=@${STAMP}`, '{}', '+'])

test('equal trees are equal, however they were packed', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const tree = path.join(work, 'tree')
  makeTree(tree)
  level(tree)
  const a = tar(
    tree,
    path.join(work, 'a.tar'),
    '--format=posix',
    '--xattrs',
    '--xattrs-include=*',
    '--acls',
    '--sparse',
  )
  // Another order makes another name of a hard link the first.
  const names = execFileSync('find', ['.', '-mindepth', '1'], { cwd: tree }).toString('latin1')
  assert.ok(names.length > 0)
  const b = tar(
    tree,
    path.join(work, 'b.tar.xz'),
    '--xz',
    '--format=pax',
    '--xattrs',
    '--xattrs-include=*',
    '--sort=inode',
  )
  const { code, found } = await compare(a, b)
  assert.deepEqual([code, found.equal, found.groups], [0, true, []])
  assert.equal((await compare(a, tree)).code, 0)
  assert.equal((await compare(tree, b)).found.a.kind, 'directory')
})

test('each kind of difference of a file is told, and nothing else', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const [one, other] = [path.join(work, 'one'), path.join(work, 'other')]
  makeTree(one)
  for (const name of ['gone', 'kind', 'rights', 'owned', 'timed', 'listed', 'said'])
    writeFileSync(path.join(one, 'etc', name), name)
  symlinkSync('said', path.join(one, 'etc/link'))
  level(one)
  execFileSync('cp', ['-a', one, other])
  const at = (name: string): string => path.join(other, 'etc', name)
  rmSync(at('gone'))
  writeFileSync(at('new'), 'new')
  rmSync(at('kind'))
  mkdirSync(at('kind'))
  chmodSync(at('kind'), 0o644)
  chmodSync(at('rights'), 0o2755)
  chownSync(at('owned'), 7, 8)
  execFileSync('setfacl', ['-m', 'u:12:r', at('listed')])
  execFileSync('setcap', ['cap_chown=ep', path.join(other, 'usr/bin/ping')])
  writeFileSync(at('said'), 'SAID')
  rmSync(at('link'))
  symlinkSync('other', at('link'))
  rmSync(path.join(other, 'usr/bin/zsu'))
  cpSync(path.join(other, 'usr/bin/su'), path.join(other, 'usr/bin/zsu'))
  chmodSync(path.join(other, 'usr/bin/zsu'), 0o4755)
  level(other)
  utimesSync(at('timed'), STAMP, STAMP + 1)
  const pack = (tree: string, name: string): string =>
    tar(tree, path.join(work, name), '--zstd', '--format=posix', '--xattrs', '--xattrs-include=*', '--acls')
  const { code, found } = await compare(pack(one, 'a.tar.zst'), pack(other, 'b.tar.zst'))
  assert.equal(code, 7)
  const told = [...files(found)].map(([name, file]) => [name, kindsOf(file).join(' ')])
  assert.deepEqual(told, [
    ['etc/gone', 'missing'],
    ['etc/kind', 'type'],
    ['etc/link', 'target'],
    ['etc/listed', 'acls'],
    ['etc/new', 'added'],
    ['etc/owned', 'owner'],
    ['etc/rights', 'mode'],
    ['etc/said', 'content'],
    ['etc/timed', 'mtime'],
    ['usr/bin/ping', 'xattrs'],
    ['usr/bin/su', 'links'],
    ['usr/bin/zsu', 'links'],
  ])
  assert.deepEqual(files(found).get('etc/owned')?.differences[0], { kind: 'owner', a: '0:0', b: '7:8' })
  assert.match(files(found).get('usr/bin/ping')?.differences[0]?.b ?? '', /^security\.capability=0100000201/)
  assert.equal(found.summary.mtimeOnly, 1)
  const ignored = await compare(
    path.join(work, 'a.tar.zst'),
    path.join(work, 'b.tar.zst'),
    '--ignore',
    'missing,links,xattrs',
  )
  assert.equal(files(ignored.found).size, 8)
})

/** A package's entry in a root. */
function installPackage(root: string, cpv: string, facts: Record<string, string>): void {
  const folder = path.join(root, 'var/db/pkg', cpv)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries({
    SLOT: '0',
    repository: 'main',
    USE: 'a b',
    BUILD_TIME: '1700000000',
    ...facts,
  }))
    writeFileSync(path.join(folder, name), `${text}\n`)
}

test('packages are compared, and files told by the package that owns them', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const [a, b] = ['a', 'b'].map((name) => path.join(work, name)) as [string, string]
  const line = (name: string, digit: string): string => `obj ${name} ${digit.repeat(32)} 1700000000`
  for (const [root, other] of [
    [a, false],
    [b, true],
  ] as const) {
    mkdirSync(path.join(root, 'usr/lib'), { recursive: true })
    symlinkSync('usr/lib', path.join(root, 'lib'))
    writeFileSync(path.join(root, 'usr/lib/libz.so.1'), `library ${other}`)
    writeFileSync(path.join(root, 'usr/lib/stray'), `stray ${other}`)
    // Installed before /lib became a link.
    installPackage(root, 'sys-libs/zlib-1.3-r1', {
      CONTENTS: line('/lib/libz.so.1', other ? 'b' : 'a'),
      COUNTER: other ? '17' : '4',
      USE: other ? 'a b' : 'b a',
      BUILD_TIME: other ? '1700000099' : '1700000000',
    })
    installPackage(root, `app-misc/tool-${other ? '2.0' : '1.9'}`, { CONTENTS: '' })
    installPackage(root, other ? 'only/right-1' : 'only/left-1', { CONTENTS: '' })
    installPackage(root, `dev-lang/py-3.${other ? '2' : '1'}`, { SLOT: '3/3', CONTENTS: '' })
    installPackage(root, 'dev-lang/py-4.1', {
      SLOT: other ? '4/2' : '4/1',
      USE: other ? 'a' : 'a b',
      CONTENTS: '',
    })
  }
  const { found } = await compare(a, b, '--ignore', 'mtime')
  assert.deepEqual(
    found.packages.changed.map(({ cp, differences }) => [cp, differences.join(' ')]),
    [
      ['app-misc/tool', 'version'],
      ['dev-lang/py', 'version'],
      ['dev-lang/py', 'subslot use'],
      ['sys-libs/zlib', 'buildTime'],
    ],
  )
  const { missing, added, same } = found.packages
  assert.deepEqual(
    [missing, added].map((list) => list.map(({ cpv }) => cpv)),
    [['only/left-1'], ['only/right-1']],
  )
  assert.equal(same, 0)
  const zlib = found.groups.find((group) => group.package === 'sys-libs/zlib')
  assert.deepEqual(
    zlib?.files.map((file) => file.path.replace(/^var\/db\/pkg\//, '')),
    [
      'usr/lib/libz.so.1',
      'sys-libs/zlib-1.3-r1/BUILD_TIME',
      'sys-libs/zlib-1.3-r1/CONTENTS',
      'sys-libs/zlib-1.3-r1/COUNTER',
      'sys-libs/zlib-1.3-r1/USE',
    ],
  )
  const of = (name: string): string => why(found, `var/db/pkg/sys-libs/zlib-1.3-r1/${name}`).causes.join(' ')
  assert.deepEqual(['BUILD_TIME', 'CONTENTS', 'COUNTER', 'USE'].map(of), [
    'timestamp',
    'listing',
    'counter',
    'order',
  ])
  assert.deepEqual(
    found.groups.find((group) => group.package === null)?.files.map((file) => file.path),
    ['usr/lib/stray'],
  )
})

/** One file of two trees, made by `make`, which is told which of both it is. */
function both(work: string, name: string, make: (file: string, second: boolean) => void): void {
  for (const side of ['a', 'b']) {
    mkdirSync(path.join(work, side), { recursive: true })
    make(path.join(work, side, name), side === 'b')
  }
}

test('contents that differ for a known reason are explained', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const text = (name: string, a: string, b: string): void =>
    both(work, name, (file, second) => writeFileSync(file, second ? b : a))
  text(
    'time',
    'built on Mon Nov 23 17:37:33 UTC 2026, 1795455300\n',
    'built on Tue Dec  1 01:02:03 UTC 2026, 1796455301\n',
  )
  text('order', 'one\ntwo\nthree\n', 'three\none\ntwo\n')
  text('folder', 'made in /home/me/build/x-1/y\n', 'made in /srv/tmp/z\n')
  text('words', 'same\nleft 1\n', 'same\nright 2\nmore\n')
  text('bytes', 'a\0b', 'a\0c')
  const data = path.join(work, 'data')
  writeFileSync(data, 'the content of a member\n'.repeat(50))
  both(work, 'again.gz', (file, second) => {
    const plain = file.replace('.gz', '')
    cpSync(data, plain)
    utimesSync(plain, STAMP, STAMP + (second ? 60 : 0))
    execFileSync('gzip', ['-N', plain])
  })
  both(work, 'level.gz', (file, second) => {
    writeFileSync(file, execFileSync('gzip', ['-n', second ? '-1' : '-9', '-c', data]))
  })
  both(work, 'inside.bz2', (file, second) => {
    const made = `declare -x BEGAN="${second ? 1795455300 : 1795458888}"\n`
    writeFileSync(file, execFileSync('lbzip2', ['-c'], { input: made }))
  })
  both(work, 'lib.a', (file, second) => {
    const member = path.join(work, 'member.o')
    cpSync(data, member)
    utimesSync(member, STAMP, STAMP + (second ? 60 : 0))
    execFileSync('ar', ['rcU', file, member])
  })
  both(work, 'module.pyc', (file, second) => {
    const header = Buffer.from('a70d0d0a00000000', 'hex')
    const time = Buffer.alloc(8)
    time.writeUInt32LE(STAMP + (second ? 60 : 0))
    writeFileSync(file, Buffer.concat([header, time, Buffer.from('code')]))
  })
  const { found } = await compare(path.join(work, 'a'), path.join(work, 'b'), '--ignore', 'mtime')
  const causes = Object.fromEntries(
    [...files(found).keys()]
      .map((name) => [name, why(found, name)])
      .map(([name, said]) => [
        name as string,
        (said as Why).isExplained ? (said as Why).causes.join(' ') : 'open',
      ]),
  )
  assert.deepEqual(causes, {
    'again.gz': 'gzip-header',
    bytes: 'open',
    folder: 'path',
    'inside.bz2': 'timestamp',
    'level.gz': 'compressed',
    'lib.a': 'ar-header',
    'module.pyc': 'pyc-header',
    order: 'order',
    time: 'timestamp',
    words: 'open',
  })
  assert.deepEqual(why(found, 'words').lines, { a: 1, b: 2, first: ['left 1', 'right 2'] })
  assert.equal(why(found, 'bytes').offset, 2)
  const open = await compare(path.join(work, 'a'), path.join(work, 'b'), '--ignore', 'mtime,explained')
  assert.deepEqual([...files(open.found).keys()], ['bytes', 'words'])
})

test('of ELF files the sections that differ are named, and what the loader reads', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const program = '/usr/bin/tar'
  const section = (name: string, bytes: Buffer): string => {
    const file = path.join(work, 'section')
    writeFileSync(file, bytes)
    return `${name}=${file}`
  }
  // A note: sizes of name and content, type 3, "GNU", 20 bytes.
  const note = (fill: number): Buffer =>
    Buffer.concat([Buffer.from('040000001400000003000000474e5500', 'hex'), Buffer.alloc(20, fill)])
  const both_ = (name: string, change: (second: boolean) => string[]): void =>
    both(work, name, (file, second) => execFileSync('objcopy', [...change(second), program, file]))
  both_('id', (second) => ['--update-section', section('.note.gnu.build-id', note(second ? 1 : 2))])
  both_('stamped', (second) => [
    '--add-section',
    section('.comment2', Buffer.from(`\0made ${second ? 'Nov 23 2026 17:37:33' : 'Dec  1 2026 01:02:03'}\0`)),
  ])
  both_('code', (second) => ['--add-section', section('.data2', Buffer.alloc(64, second ? 1 : 2))])
  const { found } = await compare(path.join(work, 'a'), path.join(work, 'b'), '--ignore', 'mtime')
  const id = why(found, 'id')
  assert.deepEqual([id.isExplained, id.causes, id.sections], [true, ['build-id'], ['.note.gnu.build-id']])
  assert.deepEqual(id.elf, { 'build-id': ['02'.repeat(20), '01'.repeat(20)] })
  assert.deepEqual([why(found, 'stamped').causes, why(found, 'stamped').isExplained], [['timestamp'], true])
  assert.deepEqual([why(found, 'code').sections, why(found, 'code').isExplained], [['.data2'], false])
})

test('stages are found by version, with the origins of their records', needsRoot(), async (t) => {
  const { folder, layout, place } = await ground(t)
  const tree = smallTree(path.join(folder, 'tree'), 'one')
  await finishStage(layout, 'stage2', { tree })
  const first = await compare('1.0.0+a:stage2', tree, ...place)
  assert.deepEqual([first.code, first.found.a.stage, first.found.b.stage], [0, 'stage2', null])
  // One that is newer and has failed has no such stage.
  mkdirSync(createLayout({ ...layout, version: '1.0.0+b' }).work('stage2'), { recursive: true })
  // Of the newest version the stage alone will do, as for other verbs; another version may be of another SDK.
  const newest = await compare('stage2', '1.0.0+a:stage2', ...place)
  assert.deepEqual([newest.code, newest.found.a.stage], [0, 'stage2'])
  const elsewhere = await compare('1.0.0+a:stage2', tree, '--catalyst_root', layout.root)
  assert.deepEqual([elsewhere.code, elsewhere.found.a.stage], [0, 'stage2'])
  appendFileSync(path.join(tree, 'file'), 'more')
  assert.equal((await compare('1.0.0+a', tree, ...place)).code, 7)
  const wrong = await cli(['compare', '1.0.0+a:stage3', tree, ...place])
  assert.deepEqual([wrong.exitCode, wrong.stdout], [2, ''])
  assert.match(wrong.stderr, /1\.0\.0\+a:stage3 is not a file or folder, and not a version/)
})

test('a damaged archive is an error, and no folder stays', needsRoot(), async (t) => {
  const work = await workDirectory(t)
  const tree = smallTree(path.join(work, 'tree'), 'x'.repeat(100_000))
  const a = tar(tree, path.join(work, 'a.tar.gz'), '--gzip')
  writeFileSync(path.join(tree, 'file'), 'y')
  const b = tar(tree, path.join(work, 'b.tar'))
  truncateSync(a, 60)
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('bootstrap_sdk-compare-'))
  const damaged = await cli(['compare', a, b])
  assert.equal(damaged.exitCode, 4)
  assert.match(damaged.stderr, /a\.tar\.gz: truncated/)
  const none = await cli(['compare', path.join(tree, 'file'), b])
  assert.equal(none.exitCode, 4)
  linkSync(b, path.join(work, 'c.tar'))
  assert.equal((await cli(['compare', b, path.join(work, 'c.tar')])).exitCode, 0)
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith('bootstrap_sdk-compare-')),
    before,
  )
})
