import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TarEntry } from '../../../../src/archive/tar/entry.js'
import { MAX_EXTENDED_HEADER, TarReader } from '../../../../src/archive/tar/stream.js'
import { SdkError } from '../../../../src/errors.js'
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
  ['cut within the end marker', one.subarray(0, 1800), 'truncated', /without its end marker/],
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
  ['PAX of 1 GiB', header({ typeflag: 'x', size: 2 ** 30 }), 'too-large', /at most 16777216/],
  [
    'PAX just too large',
    header({ typeflag: 'x', size: MAX_EXTENDED_HEADER + 1 }),
    'too-large',
    /16777217 bytes/,
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
  // GNU tar would read the name to its NUL, and see `a/b` where the size says `a`.
  [
    'a long name beyond its size',
    archive(header({ path: '././@LongLink', typeflag: 'L', magic: GNU, size: 1 }), padded('a/b'), member({})),
    'corrupt',
    /longer than its header says/,
  ],
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
  [
    'a label with content',
    archive(member({ typeflag: 'V' }, 'x'), member({})),
    'unsupported',
    /unknown type "V"/,
  ],
  [
    'a label in the middle',
    archive(member({}), member({ typeflag: 'V' })),
    'unsupported',
    /unknown type "V"/,
  ],
  [
    'a label after a long name',
    archive(longName('a'), member({ typeflag: 'V' })),
    'unsupported',
    /before the label/,
  ],
  ['another volume', archive(member({ typeflag: 'M' })), 'unsupported', /unknown type "M"/],
  [
    'global PAX attribute',
    archive(pax([['SCHILY.xattr.user.a', 'b']], 'g'), member({})),
    'unsupported',
    /sets SCHILY/,
  ],
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
    archive(sparseMember('1\n0\n5120\n', Buffer.alloc(600)), member({})),
    'corrupt',
    /does not fit/,
  ],
  [
    'map of single bytes',
    archive(sparseMember('3\n0\n1\n1\n1\n2\n1\n', Buffer.alloc(3))),
    'corrupt',
    /does not fit/,
  ],
  ['map that wants less', archive(sparseMember('1\n0\n5\n', Buffer.alloc(600))), 'corrupt', /does not fit/],
  ['map that never ends', archive(sparseMember('9'.repeat(512), Buffer.alloc(600))), 'corrupt', /overflows/],
  ['map of words', archive(sparseMember('one\n', Buffer.alloc(600))), 'corrupt', /malformed/],
  [
    'map behind the file',
    archive(sparseMember('1\n99999\n600\n', Buffer.alloc(600))),
    'corrupt',
    /does not fit/,
  ],
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
    sparseMember('1\n512\n600\n', Buffer.alloc(600)),
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
