import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TarEntry } from '../../src/archive/tar-entry.js'
import { MAX_EXTENDED_HEADER, TarReader } from '../../src/archive/tar-stream.js'
import { SdkError } from '../../src/errors.js'
import { archive, base256, GNU, header, longName, member, padded, pax } from '../helpers/tar-maker.js'

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

function refuses(bytes: Buffer, fault: string, message: RegExp): void {
  assert.throws(
    () => read(bytes),
    (error: SdkError) => {
      assert.ok(error instanceof SdkError, String(error))
      assert.equal(error.code, 'SDK_ARCHIVE')
      assert.match(error.message, /^seed\.tar: /)
      assert.match(error.message, message)
      assert.equal(error.facts.fault, fault)
      return true
    },
  )
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
      link: '',
      device: { major: 0, minor: 0 },
      xattrs: [],
      hasAcl: false,
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

const sparse1 = (map: string, content: Buffer, size?: number): Buffer =>
  Buffer.concat([
    pax([
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', './real'],
      ['GNU.sparse.realsize', '100000'],
    ]),
    header({ path: 'GNUSparseFile.1/real', size: size ?? 512 + content.length }),
    padded(map),
    padded(content),
  ])

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
      sparse1('1\n512\n600\n', Buffer.alloc(600)),
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

test('the index that pixz appends is known; other data after the end is not', () => {
  const index = Buffer.concat([
    Buffer.from('a64c322ed614aedb', 'hex'),
    Buffer.from('./a\0'),
    Buffer.alloc(2000, 7),
  ])
  assert.equal(read(Buffer.concat([archive(member({})), index.subarray(0, 100)])).length, 1)
  assert.equal(read(Buffer.concat([archive(member({})), index])).length, 1)
  const twice = Buffer.concat([archive(member({})), archive(member({ path: 'hidden' }))])
  refuses(twice, 'corrupt', /data follows the end/)
  refuses(Buffer.concat([archive(member({})), Buffer.from('tail')]), 'corrupt', /data follows the end/)
})

const one = archive(member({}, 'x'.repeat(600)))
const faults: [string, Buffer, string, RegExp][] = [
  ['nothing', Buffer.alloc(0), 'truncated', /empty/],
  ['no members', Buffer.alloc(1024), 'not-a-tar', /no members/],
  ['text', Buffer.alloc(2048, 'hello '), 'not-a-tar', /not a tar archive.*begins with "hello hello hell"/],
  ['cut in a header', one.subarray(0, 300), 'truncated', /truncated/],
  ['cut in content', one.subarray(0, 1000), 'truncated', /after 1000 bytes/],
  ['cut before the end marker', one.subarray(0, 1536), 'truncated', /without its end marker/],
  ['cut within the end marker', one.subarray(0, 2048), 'truncated', /without its end marker/],
  ['lone zero block', archive(member({}), Buffer.alloc(512), member({})), 'corrupt', /lone zero block/],
  [
    'bad checksum',
    archive(member({}), header({ checksum: Buffer.from('0000001\0') })),
    'corrupt',
    /checksum of the header after member 1/,
  ],
  ['bad number', archive(header({ uid: Buffer.from('12x4567\0') })), 'corrupt', /where a number is expected/],
  [
    'number behind a NUL',
    archive(header({ size: Buffer.from('\x0000000000001') })),
    'corrupt',
    /where a number/,
  ],
  ['negative size', archive(header({ size: base256(-512n, 12) })), 'corrupt', /negative size/],
  ['size beyond 2^53', archive(header({ size: base256(2n ** 60n, 12) })), 'corrupt', /where a number/],
  ['PAX size beyond 2^53', archive(pax([['size', '9'.repeat(19)]]), member({})), 'corrupt', /size="9999/],
  ['negative PAX size', archive(pax([['size', '-1']]), member({})), 'corrupt', /size="-1"/],
  ['PAX of 1 GiB', header({ typeflag: 'x', size: 2 ** 30 }), 'too-large', /at most 1048576/],
  [
    'PAX just too large',
    header({ typeflag: 'x', size: MAX_EXTENDED_HEADER + 1 }),
    'too-large',
    /1048577 bytes/,
  ],
  ['long name of 1 GiB', header({ typeflag: 'L', size: 2 ** 30 }), 'too-large', /at most/],
  ['negative PAX', header({ typeflag: 'x', size: base256(-1n, 12) }), 'too-large', /-1 bytes/],
  [
    'PAX record too long',
    archive(member({ typeflag: 'x' }, '99 path=a\n'), member({})),
    'corrupt',
    /malformed record/,
  ],
  [
    'PAX record too short',
    archive(member({ typeflag: 'x' }, '5 path=a\n'), member({})),
    'corrupt',
    /malformed record/,
  ],
  [
    'PAX record without length',
    archive(member({ typeflag: 'x' }, 'path=a\n'), member({})),
    'corrupt',
    /malformed/,
  ],
  [
    'PAX record without =',
    archive(member({ typeflag: 'x' }, '8 path a\n'), member({})),
    'corrupt',
    /malformed/,
  ],
  ['NUL in a PAX name', archive(pax([['path', 'a\0b']]), member({})), 'corrupt', /invalid path/],
  ['empty PAX name', archive(pax([['path', '']]), member({})), 'corrupt', /invalid path/],
  ['NUL in a long name', archive(longName('a\0b'), member({})), 'corrupt', /holds a NUL/],
  [
    'two PAX headers',
    archive(pax([['path', 'a']]), pax([['path', 'b']]), member({})),
    'unsupported',
    /two extended/,
  ],
  [
    'global PAX that renames',
    archive(pax([['path', 'a']], 'g'), member({})),
    'unsupported',
    /global PAX header sets path/,
  ],
  ['announcement without a member', archive(pax([['path', 'a']])), 'truncated', /announces a member/],
  ['socket or other type', archive(member({ typeflag: 's' })), 'unsupported', /unknown type "s"/],
  ['volume label', archive(member({ typeflag: 'V' })), 'unsupported', /unknown type "V"/],
  [
    'hard link with content',
    archive(member({ typeflag: '1', link: 'a' }, 'xx')),
    'unsupported',
    /hardlink with content/,
  ],
  [
    'directory with content',
    archive(member({ typeflag: '5' }, 'xx')),
    'unsupported',
    /directory with content/,
  ],
  [
    'symlink with PAX size',
    archive(pax([['size', '512']]), member({ typeflag: '2', link: 'a' })),
    'unsupported',
    /symlink with content/,
  ],
  [
    'PAX with a volume name',
    archive(pax([['GNU.volume.label', 'a']]), member({})),
    'unsupported',
    /GNU\.volume\.label/,
  ],
  [
    'real size without a map',
    archive(pax([['GNU.sparse.realsize', '9999']]), member({}, 'x')),
    'corrupt',
    /incompletely/,
  ],
  [
    'map that eats the next member',
    archive(sparse1('1\n0\n5120\n', Buffer.alloc(600)), member({})),
    'corrupt',
    /does not fit/,
  ],
  [
    'map of single bytes',
    archive(sparse1('3\n0\n1\n1\n1\n2\n1\n', Buffer.alloc(3))),
    'corrupt',
    /does not fit/,
  ],
  ['map that wants less', archive(sparse1('1\n0\n5\n', Buffer.alloc(600))), 'corrupt', /does not fit/],
  ['map that never ends', archive(sparse1('9'.repeat(512), Buffer.alloc(600))), 'corrupt', /overflows/],
  ['map of words', archive(sparse1('one\n', Buffer.alloc(600))), 'corrupt', /malformed/],
  ['map behind the file', archive(sparse1('1\n99999\n600\n', Buffer.alloc(600))), 'corrupt', /does not fit/],
  [
    'sparse PAX on a GNU header',
    archive(
      pax([
        ['GNU.sparse.size', '9'],
        ['GNU.sparse.numblocks', '1'],
        ['GNU.sparse.map', '0,1'],
      ]),
      member({ magic: GNU }, 'x'),
    ),
    'unsupported',
    /mixes tar formats/,
  ],
]
for (const [name, bytes, fault, message] of faults)
  test(`refused: ${name}`, () => refuses(bytes, fault, message))

test('mutated headers end in entries or in SDK_ARCHIVE, never in anything else', () => {
  const base = archive(
    pax([
      ['path', './p'],
      ['mtime', '1.5'],
    ]),
    member({}, 'x'.repeat(600)),
    longName('./q'),
    member({ magic: GNU }),
    sparse1('1\n512\n600\n', Buffer.alloc(600)),
    member({ path: './d/', typeflag: '5' }),
  )
  let seed = 1
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  let accepted = 0
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(base)
    const block = 512 * random(14)
    for (let count = 1 + random(3); count > 0; count--) bytes[block + random(512)] = random(256)
    // Most mutations get past the checksum, or none would get any further.
    if (random(4) > 0) header({ patch: { 0: bytes.subarray(block, block + 512) } }).copy(bytes, block)
    try {
      read(bytes)
      accepted++
    } catch (error) {
      assert.ok(error instanceof SdkError && error.code === 'SDK_ARCHIVE', String(error))
    }
  }
  assert.ok(accepted > 100)
})
