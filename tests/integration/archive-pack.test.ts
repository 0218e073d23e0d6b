import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { finalizeArchive, packStream } from '../../src/archive/pack.js'
import { verifyDigests } from '../../src/archive/stream/digests.js'
import { tarCommand } from '../../src/archive/tar/command.js'
import type { TarEntry } from '../../src/archive/tar/entry.js'
import { TarReader } from '../../src/archive/tar/stream.js'
import { unpackArchive } from '../../src/archive/unpack.js'
import type { Fact } from '../../src/events/event.js'
import type { Compression } from '../../src/sdk/definition.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { archive, member, pax } from '../helpers/tar-maker.js'
import { isRoot, listing, makeTree, packTree, workDirectory } from './archive-helpers.js'

/** Attributes and ACLs that no tool of the host can set; they come from an archive. */
const ATTRIBUTES = archive(
  member({ path: './', typeflag: '5', mode: 0o755 }),
  pax([
    ['SCHILY.xattr.user.note', 'hello'],
    ['SCHILY.xattr.trusted.secret', 'x'],
    ['SCHILY.acl.access', 'user::rw-\nuser:250:r--\ngroup::r--\nmask::r--\nother::r--\n'],
  ]),
  member({ path: './noted', mode: 0o644 }, 'x'),
)

async function entriesOf(file: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  const reader = new TarReader({ archive: file, onEntry: (entry) => entries.push(entry) })
  reader.push(execFileSync('zstd', ['-dcq', file], { maxBuffer: 2 ** 30 }))
  reader.finish()
  return entries
}

test('a tar that takes its time: how many bytes of about how many are packed, by then', async (t) => {
  const work = await workDirectory(t)
  const tar = archive(member({ path: './', typeflag: '5' }), member({ path: './a' }, 'x'.repeat(100_000)))
  const slowly = (async function* () {
    yield tar.subarray(0, 51_200)
    await sleep(1200)
    yield tar.subarray(51_200)
  })()
  const told: Fact[] = []
  const emit = (fact: Fact): void => void told.push(fact)
  const pack = await packStream({
    ...{ tar: Readable.from(slowly, { objectMode: false }), tarDone: Promise.resolve() },
    ...{ target: join(work, 'a.tar.zst'), format: 'zstd' as const },
    told: { emit, stage: 'stage1', bytes: 110_000 },
  })
  assert.equal(pack.entries, 2)
  const what = { type: 'work-progress', stage: 'stage1', work: 'archive', name: 'a.tar.zst', bytes: 110_000 }
  assert.deepEqual(
    told.map((fact) => ({ ...fact, durationMs: 0 })),
    [
      { ...what, done: 51_200, durationMs: 0 },
      { ...what, done: tar.length, durationMs: 0, ended: true },
    ],
  )
})

test('a tree survives pack, unpack and pack again, bit for bit', async (t) => {
  if (!isRoot(t)) return
  const work = await workDirectory(t)
  const tree = join(work, 'tree')
  await writeFile(join(work, 'attributes.tar'), ATTRIBUTES)
  await unpackArchive({ file: join(work, 'attributes.tar'), target: tree })
  execFileSync('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', join(tree, 'noted')])
  makeTree(tree)
  const first = await packTree(tree, join(work, 'first'))
  await finalizeArchive(first)
  // As if tar had written the records that it writes by itself.
  const [program, ...words] = tarCommand(tree, { mtime: 2_000_000_000 })
  const own = words.filter((word) => !word.startsWith('--blocking-factor'))
  const stream = execFileSync(program, own, { maxBuffer: 2 ** 30 })
  assert.equal(first.tarSha256, createHash('sha256').update(stream).digest('hex'))
  const copy = join(work, 'copy')
  const unpacked = await unpackArchive({ file: first.target, target: copy })
  assert.deepEqual(
    [unpacked.sha256, unpacked.entries, unpacked.format, unpacked.warnings],
    [first.digests.sha256, first.entries, 'zstd', []],
  )
  const second = await packTree(copy, join(work, 'second'))
  assert.equal(second.tarSha256, first.tarSha256)
  assert.equal(second.digests.sha256, first.digests.sha256)
  const entry = new Map((await entriesOf(first.target)).map((each) => [each.path.toString('latin1'), each]))
  assert.deepEqual([...(entry.get('./noted')?.xattrs ?? [])].sort(), ['trusted.secret', 'user.note'])
  assert.equal(entry.get('./noted')?.hasAcl, true)
  assert.deepEqual(entry.get('./usr/bin/ping')?.xattrs, ['security.capability'])
  assert.equal(entry.get('./usr/bin/su')?.mode, 0o4755)
  assert.equal(entry.get('./usr/bin/zsu')?.type, 'hardlink')
  assert.equal(entry.get('./etc/passwd')?.uid, 250)
  assert.equal(entry.get('./etc/passwd')?.mtime, 1_600_000_000.125)
  assert.equal(entry.get('./etc/sparse')?.realSize, 2 ** 20 + 3)
  assert.ok((entry.get('./etc/sparse')?.size ?? 0) < 100_000)
  assert.ok(entry.has('./etc/odd\xff\n\x1b'))
})

test('CONTENTS is what GNU tar lists, and both side files are right', async (t) => {
  if (!isRoot(t)) return
  const work = await workDirectory(t)
  const tree = join(work, 'tree')
  makeTree(tree)
  const target = join(work, 'stage1-amd64-1.0.0+x.tar.zst')
  await writeFile(join(work, `.${basename(target)}.partial-123`), 'left by a killed run')
  const result = await packTree(tree, target.slice(0, -'.tar.zst'.length))
  assert.equal((await readdir(work)).filter((name) => !name.startsWith('.') && name !== 'tree').length, 0)
  await finalizeArchive(result)
  assert.deepEqual((await readdir(work)).sort(), [
    basename(target),
    `${basename(target)}.CONTENTS.gz`,
    `${basename(target)}.DIGESTS`,
    'tree',
  ])
  const gzip = readFileSync(`${target}.CONTENTS.gz`)
  assert.deepEqual([...gzip.subarray(3, 8)], [0, 0, 0, 0, 0], 'no name, no time')
  assert.equal(gunzipSync(gzip).toString('latin1'), listing(target))
  const text = readFileSync(`${target}.DIGESTS`, 'utf8')
  for (const file of [target, `${target}.CONTENTS.gz`])
    assert.equal(await verifyDigests({ file, text, source: 'DIGESTS' }), await sha256File(file))
  for (const [algorithm, program] of [
    ['MD5', 'md5sum'],
    ['SHA1', 'sha1sum'],
    ['SHA512', 'sha512sum'],
    ['BLAKE2B', 'b2sum'],
  ] as const) {
    const lines = text.split('\n').filter((_, index, all) => all[index - 1] === `# ${algorithm} HASH`)
    assert.equal(lines.length, 2)
    execFileSync(program, ['--check', '--strict', '--quiet', '-'], {
      cwd: work,
      input: `${lines.join('\n')}\n`,
    })
  }
})

test('the same tree is the same archive, whoever packs it and how', async (t) => {
  if (!isRoot(t)) return
  const work = await workDirectory(t)
  const tree = join(work, 'tree')
  makeTree(tree)
  const plain = await packTree(tree, join(work, 'a'))
  await finalizeArchive(plain)
  const moved = join(work, 'elsewhere')
  await rename(tree, moved)
  const umask = process.umask(0o077)
  process.env.TZ = 'Asia/Tokyo'
  const again = await packTree(moved, join(work, 'b'))
  process.umask(umask)
  delete process.env.TZ
  await finalizeArchive(again)
  assert.equal(again.digests.sha512, plain.digests.sha512)
  assert.equal(again.contentsDigests.sha512, plain.contentsDigests.sha512)
  const formats: Compression[] = ['bz2', 'xz', 'gz']
  for (const format of formats) {
    const other = await packTree(moved, join(work, format), { format })
    assert.equal(other.tarSha256, plain.tarSha256)
    await finalizeArchive(other)
    const unpacked = await unpackArchive({ file: other.target, target: join(work, `tree-${format}`) })
    assert.deepEqual([unpacked.format, unpacked.sha256], [format, other.digests.sha256])
  }
})

test('a backslash in a path is one', async (t) => {
  const folder = await workDirectory(t)
  const tree = join(folder, 'tree\\101')
  await mkdir(tree)
  await writeFile(join(tree, 'file'), 'content')
  const packed = await packTree(tree, join(folder, 'packed'))
  await finalizeArchive(packed)
  const target = join(folder, 'target\\101\\n')
  await unpackArchive({ file: packed.target, target })
  assert.deepEqual(await readdir(target), ['file'])
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'content')
})

test('times are clamped, and excluded paths left out', async (t) => {
  if (!isRoot(t)) return
  const work = await workDirectory(t)
  const tree = join(work, 'tree')
  makeTree(tree)
  await mkdir(join(tree, 'usr/tmp'))
  const result = await packTree(tree, join(work, 'a'), {
    mtime: 1_600_000_000,
    excludes: ['tmp', 'etc/*', 'usr/bin/su'],
  })
  await finalizeArchive(result)
  const entries = await entriesOf(result.target)
  const names = entries.map((entry) => entry.path.toString())
  assert.ok(names.includes('./etc/') && names.includes('./usr/tmp/') && names.includes('./usr/bin/zsu'))
  assert.ok(!names.includes('./tmp/') && !names.includes('./etc/passwd') && !names.includes('./usr/bin/su'))
  assert.ok(entries.every((entry) => entry.mtime <= 1_600_000_000))
})

const good = archive(member({ path: './', typeflag: '5' }), member({ path: './a' }, 'x'.repeat(100_000)))
const failures: [string, Buffer, Promise<void> | Error, RegExp][] = [
  ['a stream that ends too early', good.subarray(0, 50_000), Promise.resolve(), /truncated/],
  ['a tar that fails after a whole stream', good, new Error('tar exited with 1'), /tar exited with 1/],
  [
    'a member that no unpacking would take',
    archive(member({ path: '../etc/passwd' })),
    Promise.resolve(),
    /climbs out/,
  ],
  ['no stream at all', Buffer.alloc(0), Promise.resolve(), /empty/],
]
for (const [name, bytes, end, message] of failures) {
  test(`nothing is left of ${name}`, async (t) => {
    const work = await workDirectory(t)
    const tarDone = end instanceof Error ? Promise.reject(end) : end
    const tar = Readable.from([bytes], { objectMode: false })
    const target = join(work, 'a.tar.zst')
    await assert.rejects(packStream({ tar, tarDone, target, format: 'zstd' }), message)
    assert.deepEqual(await readdir(work), [])
    assert.ok(tar.destroyed)
  })
}

test('an abort ends the pack with its reason, and leaves nothing', async (t) => {
  const work = await workDirectory(t)
  const stop = new AbortController()
  const endless = createReadStream('/dev/zero')
  const tar = Readable.from(
    (async function* () {
      yield member({ path: './a', size: 2 ** 32 })
      for await (const chunk of endless) {
        yield chunk
        stop.abort(new Error('stopped by the user'))
      }
    })(),
    { objectMode: false },
  )
  const request = { tar, tarDone: Promise.resolve(), target: join(work, 'a.tar.xz'), format: 'xz' as const }
  await assert.rejects(packStream({ ...request, signal: stop.signal }), /stopped by the user/)
  assert.deepEqual(await readdir(work), [])
})
