import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAudit } from '../../../../src/archive/tar/audit.js'
import type { TarEntry } from '../../../../src/archive/tar/entry.js'
import { Rebuild } from '../../../../src/archive/tar/rebuild.js'
import { TarReader } from '../../../../src/archive/tar/stream.js'
import { SdkError } from '../../../../src/errors.js'
import { archiveOf } from '../../../helpers/archive-fuzz/fuzz.js'
import {
  archive,
  base256,
  GNU,
  header,
  longName,
  member,
  pax,
  sparseMember,
} from '../../../helpers/tar-maker.js'

interface Read {
  entries: TarEntry[]
  /** Content by offset, and the ends of regions. */
  pieces: string[]
}

function read(bytes: Buffer): Read {
  const found: Read = { entries: [], pieces: [] }
  const reader = new TarReader({
    archive: 'a',
    onEntry: (entry) => found.entries.push(entry),
    onContent: (piece, offset) => found.pieces.push(`${offset}:${piece.toString('latin1')}`),
  })
  reader.push(bytes)
  reader.finish()
  return found
}

function rebuild(bytes: Buffer, step = bytes.length): Buffer {
  const rebuilt = new Rebuild({ archive: 'a', audit: createAudit({ archive: 'a' }) })
  const out: Buffer[] = []
  for (let at = 0; at < bytes.length; at += step)
    out.push(Buffer.from(rebuilt.push(bytes.subarray(at, at + step))))
  return Buffer.concat([...out, rebuilt.finish()])
}

/** What has to be the same; names in their shortest form, and without what unpacking does not use. */
const facts = ({ path, link, type, time, attributes, ...entry }: TarEntry): object => {
  const short = (name: Buffer): string =>
    name
      .toString('latin1')
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')
  return {
    ...{
      path: short(path),
      link: type === 'hardlink' ? short(link) : link.toString('latin1'),
      type,
      time: Number(time ?? entry.mtime),
    },
    ...{
      mode: entry.mode,
      owner: [entry.uid, entry.gid],
      realSize: type === 'file' ? entry.realSize : 0,
      device: entry.device,
    },
    ...{
      attributes: [...(attributes ?? [])],
      mtime: entry.mtime,
    },
  }
}

test('what is rebuilt has the same members and contents, and is the same when it is rebuilt again', () => {
  let accepted = 0
  for (let round = 0; round < 400; round++) {
    const bytes = archiveOf(round)
    let rebuilt: Buffer
    try {
      rebuilt = rebuild(bytes)
    } catch (error) {
      assert.ok(error instanceof SdkError && error.code === 'SDK_ARCHIVE', String(error))
      continue
    }
    const [before, after] = [read(bytes), read(rebuilt)]
    assert.deepEqual(after.entries.map(facts), before.entries.map(facts), `round ${round}`)
    // A folder's content is dropped.
    if (!before.entries.some(({ type, size }) => type === 'directory' && size > 0))
      assert.deepEqual(after.pieces, before.pieces, `round ${round}`)
    assert.ok(rebuild(rebuilt).equals(rebuilt), `round ${round}`)
    accepted++
  }
  assert.ok(accepted > 60, `${accepted} accepted`)
})

test('how the stream is cut does not matter', () => {
  const bytes = archive(
    pax([['mtime', '1600000000.123456789']]),
    member({ path: './a//b' }, 'x'.repeat(700)),
    sparseMember('2\n0\n512\n99000\n600\n', Buffer.alloc(1112, 'y')),
    longName(`d/${'n'.repeat(200)}`),
    member({ magic: GNU, typeflag: '2', link: 'x' }),
  )
  const whole = rebuild(bytes)
  for (const step of [1, 511, 513, 4096]) assert.ok(rebuild(bytes, step).equals(whole), `by ${step} bytes`)
})

test('numbers and names are exact, whatever field they need', () => {
  const deep = `${'d'.repeat(250)}/`.repeat(15)
  const records = (time: string): Buffer =>
    pax([
      ['path', `${deep}f`],
      ['mtime', time],
      ['uid', '4294967294'],
      ['SCHILY.xattr.security.capability', Buffer.from([1, 0, 10, 255])],
      ['SCHILY.acl.access', 'user::rwx\ngroup::r-x\nother::r-x\n'],
    ])
  for (const time of ['-1.5', '-0.000000001', '1600000000.123456789', '12884901888.25']) {
    const [entry] = read(rebuild(archive(records(time), member({})))).entries
    assert.equal(entry?.time, time)
    assert.equal(entry?.path.toString(), `${deep}f`)
    assert.equal(entry?.uid, 4_294_967_294)
    assert.deepEqual(
      [...(entry?.attributes ?? [])].map(([name]) => name),
      ['security.capability', 'acl.access'],
    )
  }
  const old = read(rebuild(archive(member({ mtime: base256(-5n, 12), uid: base256(2n ** 31n, 8) }))))
    .entries[0]
  assert.deepEqual([old?.mtime, old?.uid], [-5, 2 ** 31])
})

const unmapped = (fields: string): Buffer => sparseMember(fields, Buffer.alloc(0))

test('a hole at the end needs no region of its own', () => {
  // GNU tar would end the file where the last region does.
  for (const map of ['0\n', '1\n0\n0\n', '1\n500\n0\n']) {
    const rebuilt = rebuild(archive(unmapped(map)))
    assert.match(rebuilt.toString('latin1'), /GNU\.sparse\.offset=100000\n\d+ GNU\.sparse\.numbytes=0\n/)
    assert.equal(read(rebuilt).entries[0]?.realSize, 100_000)
  }
})

const refused: [string, Buffer, RegExp][] = [
  // GNU tar cuts the file at an empty region.
  ['a map that goes back', archive(unmapped('2\n600\n0\n0\n0\n')), /does not fit its size/],
  [
    'a map of too many regions',
    archive(
      sparseMember(
        `250001\n${'0\n0\n'.repeat(250_001)}`.slice(0, 512),
        Buffer.from(`250001\n${'0\n0\n'.repeat(250_001)}`.slice(512)),
      ),
    ),
    /more than 250000 regions/,
  ],
  [
    'an attribute with the name of an ACL',
    archive(pax([['SCHILY.xattr.acl.access', 'x']]), member({})),
    /sets SCHILY\.xattr\.acl/,
  ],
  // GNU tar reads 0:0 there.
  [
    'a device of the oldest layout',
    archive(member({ path: 'dev/null', typeflag: '3', major: 1, minor: 3, magic: '\0'.repeat(8) })),
    /device 0:0/,
  ],
  // GNU tar keeps the first of them.
  [
    'an outward symlink twice',
    archive(
      member({ path: 'l', typeflag: '2', link: '/x' }),
      member({ path: 'l', typeflag: '2', link: 'y' }),
    ),
    /symlink, but an earlier/,
  ],
  [
    'a symlink that turns outward',
    archive(
      member({ path: 'l', typeflag: '2', link: 'y' }),
      member({ path: 'l', typeflag: '2', link: '../x' }),
    ),
    /symlink, but an earlier/,
  ],
  [
    'a sparse member without a header of its own',
    archive(header({ typeflag: 'S', magic: 'ustar\x0000' })),
    /mixes tar formats/,
  ],
]
for (const [name, bytes, message] of refused)
  test(`refused: ${name}`, () => {
    assert.throws(() => rebuild(bytes), message)
  })

test('a symlink may come again when both stay in their folder', () => {
  const twice = archive(
    member({ path: 'l', typeflag: '2', link: 'a' }),
    member({ path: 'l', typeflag: '2', link: 'b..' }),
  )
  assert.equal(read(rebuild(twice)).entries.length, 2)
})

test('a file of very many holes has its map in a header of more than 1 MiB', () => {
  const regions = Array.from({ length: 40_000 }, (_, at) => [
    'GNU.sparse.offset',
    `${at * 8192}`,
    'GNU.sparse.numbytes',
    '0',
  ])
  const records = [
    ['GNU.sparse.size', `${40_000 * 8192}`],
    ['GNU.sparse.numblocks', '40000'],
    ...regions.flatMap(([a, b, c, d]) => [[a, b] as [string, string], [c, d] as [string, string]]),
  ] as [string, string][]
  const bytes = archive(pax(records), member({ path: './s' }))
  assert.ok(bytes.length > 2 ** 21)
  assert.equal(read(rebuild(bytes)).entries[0]?.realSize, 40_000 * 8192)
})
