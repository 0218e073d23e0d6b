import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TarEntry } from '../../../../src/archive/tar/entry.js'
import { TarReader } from '../../../../src/archive/tar/stream.js'
import {
  archive,
  base256,
  GNU,
  header,
  longName,
  member,
  padded,
  pax,
  sparseMember,
} from '../../../helpers/tar-maker.js'

function read(bytes: Buffer, step = bytes.length): TarEntry[] {
  const entries: TarEntry[] = []
  const reader = new TarReader({ archive: 'seed.tar', onEntry: (entry) => entries.push(entry) })
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
  reader.finish()
  return entries
}

const only = (bytes: Buffer): TarEntry => {
  const [entry, ...more] = read(bytes)
  assert.equal(more.length, 0)
  return entry as TarEntry
}

test('a ustar member, field by field', () => {
  const entry = only(
    archive(member({ path: './a', mode: 0o4755, uid: 250, gid: 5, uname: 'u', gname: 'g' }, 'hello')),
  )
  assert.deepEqual(
    { ...entry, path: entry.path.toString(), link: entry.link.toString() },
    {
      path: './a',
      type: 'file',
      mode: 0o4755,
      uid: 250,
      gid: 5,
      uname: 'u',
      gname: 'g',
      size: 5,
      realSize: 5,
      mtime: 1_600_000_000,
      time: undefined,
      link: '',
      device: { major: 0, minor: 0 },
      xattrs: [],
      hasAcl: false,
      attributes: undefined,
    },
  )
})

test('types', () => {
  const types = read(
    archive(
      member({ path: 'd/', typeflag: '5' }),
      member({ path: 'old-dir/', typeflag: '\0' }),
      member({ path: 'l', typeflag: '2', link: '/x' }),
      member({ path: 'h', typeflag: '1', link: 'f' }),
      member({ path: 'n', typeflag: '3', major: 1, minor: 3 }),
      member({ path: 'b', typeflag: '4', major: 8, minor: 0 }),
      member({ path: 'p', typeflag: '6' }),
      member({ path: 'c', typeflag: '7' }),
    ),
  )
  assert.deepEqual(
    types.map((entry) => entry.type),
    ['directory', 'directory', 'symlink', 'hardlink', 'char', 'block', 'fifo', 'file'],
  )
  assert.deepEqual(types[4]?.device, { major: 1, minor: 3 })
  assert.equal(types[2]?.link.toString(), '/x')
})

test('PAX overrides the header; names stay bytes', () => {
  const path = Buffer.from([0x2e, 0x2f, 0xff, 0xfe, 0x0a])
  const entry = only(
    archive(
      pax([
        ['path', path],
        ['uid', '3000000000'],
        ['mtime', '1700000000.25'],
        ['size', '7'],
        ['SCHILY.xattr.security.capability', Buffer.from([1, 0, 0, 2, 0x0a, 0x3d])],
        ['SCHILY.acl.access', 'user::rwx'],
        ['comment', 'x'],
      ]),
      member({ size: 0 }),
      padded('content'),
    ),
  )
  assert.deepEqual(entry.path, path)
  assert.equal(entry.uid, 3_000_000_000)
  assert.equal(entry.mtime, 1_700_000_000.25)
  assert.equal(entry.size, 7)
  assert.deepEqual(entry.xattrs, ['security.capability'])
  assert.equal(entry.hasAcl, true)
})

test('GNU long names, ustar prefixes and base-256 numbers', () => {
  const long = `./${'n'.repeat(300)}`
  const [a, b] = read(
    archive(
      longName(long),
      longName('t'.repeat(200), 'K'),
      member({ path: 'short', typeflag: '2', link: 'cut', magic: GNU }),
      member({ path: 'name', prefix: 'some/prefix', uid: base256(2n ** 31n, 8), mtime: base256(-5n, 12) }),
    ),
  )
  assert.equal(a?.path.toString(), long)
  assert.equal(a?.link.length, 200)
  assert.equal(b?.path.toString(), 'some/prefix/name')
  assert.equal(b?.uid, 2 ** 31)
  assert.equal(b?.mtime, -5)
})

test('a member of 9 GiB is passed over', () => {
  const size = 9 * 2 ** 30
  const entries: TarEntry[] = []
  const reader = new TarReader({ archive: 'x', onEntry: (entry) => entries.push(entry) })
  reader.push(header({ size: base256(BigInt(size), 12), magic: GNU }))
  const chunk = Buffer.alloc(64 * 2 ** 20, 0xff)
  for (let at = 0; at < size; at += chunk.length) reader.push(chunk)
  reader.push(archive(member({ path: 'after' })))
  reader.finish()
  assert.deepEqual(
    entries.map((entry) => entry.size),
    [size, 0],
  )
})

test('how the stream is cut does not matter', () => {
  const bytes = archive(
    pax([['path', './p']]),
    member({}, 'x'.repeat(700)),
    longName('./q'),
    member({ magic: GNU }),
    member({ path: './d/', typeflag: '5' }),
  )
  const whole = read(bytes)
  assert.equal(whole.length, 3)
  for (const step of [1, 7, 511, 512, 513, 4096]) assert.deepEqual(read(bytes, step), whole)
})

test('sparse members: 0.0, 0.1, 1.0 and old GNU', () => {
  const numbers = (...values: number[]): Buffer =>
    Buffer.concat(values.map((value) => Buffer.from(`${value.toString(8).padStart(11, '0')}\0`)))
  const old = header({
    path: './old',
    typeflag: 'S',
    magic: GNU,
    size: 1024,
    patch: { 386: numbers(0, 512, 1024, 512, 2048, 0, 2048, 0), 482: Buffer.from([1]), 483: numbers(4096) },
  })
  const extension = Buffer.alloc(512)
  numbers(4096, 0).copy(extension)
  const entries = read(
    archive(
      pax([
        ['GNU.sparse.size', '9000'],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.offset', '0'],
        ['GNU.sparse.numbytes', '512'],
        ['GNU.sparse.offset', '8192'],
        ['GNU.sparse.numbytes', '3'],
      ]),
      member({ path: './zero' }, 'x'.repeat(515)),
      pax([
        ['GNU.sparse.size', '9000'],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.name', './one'],
        ['GNU.sparse.map', '0,512,8192,3'],
      ]),
      member({ path: 'GNUSparseFile.1/one' }, 'x'.repeat(515)),
      sparseMember('1\n512\n600\n', Buffer.alloc(600)),
      old,
      extension,
      Buffer.alloc(1024, 0x41),
      member({ path: './after' }),
    ),
  )
  assert.deepEqual(
    entries.map((entry) => [entry.path.toString(), entry.size, entry.realSize]),
    [
      ['./zero', 515, 9000],
      ['./one', 515, 9000],
      ['./real', 1112, 100_000],
      ['./old', 1024, 4096],
      ['./after', 0, 0],
    ],
  )
})
