import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAudit } from '../../../../src/archive/tar/audit.js'
import { PathKind, PathTable } from '../../../../src/archive/tar/path-table.js'
import { TarReader } from '../../../../src/archive/tar/stream.js'
import { SdkError } from '../../../../src/errors.js'
import {
  archive,
  base256,
  GNU,
  type HeaderFields,
  longName,
  member,
  pax,
} from '../../../helpers/tar-maker.js'

const audit = (bytes: Buffer, limits = {}): number => {
  const reader = new TarReader({ archive: 'seed.tar', onEntry: createAudit({ archive: 'seed.tar', limits }) })
  reader.push(bytes)
  reader.finish()
  return reader.entries
}

const dir = (path: string): Buffer => member({ path, typeflag: '5', mode: 0o755 })
const file = (path: string): Buffer => member({ path }, 'x')
const symlink = (path: string, link: string): Buffer => member({ path, typeflag: '2', link })
const hardlink = (path: string, link: string): Buffer => member({ path, typeflag: '1', link })
const node = (path: string, major: number, minor: number, fields: HeaderFields = {}): Buffer =>
  member({ path, typeflag: '3', major, minor, ...fields })

const accepted: [string, Buffer[]][] = [
  [
    'a root file system',
    [dir('./'), dir('./etc/'), file('./etc/passwd'), symlink('./bin', 'usr/bin'), dir('./usr/')],
  ],
  ['symlinks to anywhere', [symlink('./etc/mtab', '/proc/self/mounts'), symlink('./up', '../../..')]],
  ['a file named like a climb', [file('./a..b'), file('./..a'), file('./...')]],
  ['a hard link to an earlier file', [file('./usr/bin/perl'), hardlink('./usr/bin/perl5', './usr/bin/perl')]],
  ['a hard link under another spelling', [file('./a//b'), hardlink('./c', 'a/./b')]],
  ['the same directory twice', [dir('./a/'), file('./a/b'), dir('./a')]],
  ['the same file twice', [file('./a'), file('./a')]],
  ['directories without members of their own', [file('./a/b/c'), dir('./a/b')]],
  ['the usual devices', [node('./dev/null', 1, 3), node('dev/console', 5, 1), node('./dev/tty63', 4, 63)]],
  [
    'serial console and initctl',
    [node('./dev/ttyS1', 4, 65), member({ path: './dev/initctl', typeflag: '6' })],
  ],
  ['fifos anywhere', [member({ path: './tmp/fifo', typeflag: '6' }), member({ path: 'x', typeflag: '6' })]],
  [
    'null and random numbers for a daemon in a chroot',
    [node('./var/named/dev/null', 1, 3), node('./etc/urandom', 1, 9), node('./dev/x/null', 1, 3)],
  ],
  [
    'old and far times',
    [member({ path: 'a', mtime: base256(-(2n ** 31n), 12) }), member({ path: 'b', mtime: 15e9 })],
  ],
  [
    'attributes of each kind, with names up to the limit',
    ['user', 'trusted', 'security', 'system'].flatMap((kind) => [
      pax([[`SCHILY.xattr.${kind}.${'n'.repeat(253 - kind.length)}%3D`, 'x']]),
      file(kind),
    ]),
  ],
  [
    'a name of 255 bytes, a path of 4095',
    [longName(`${`${'d'.repeat(254)}/`.repeat(16)}${'n'.repeat(15)}`), file('x'), file('n'.repeat(100))],
  ],
]
for (const [name, parts] of accepted) test(`accepted: ${name}`, () => assert.ok(audit(archive(...parts)) > 0))

const refused: [string, Buffer[], RegExp][] = [
  ['..', [file('../evil')], /member \.\.\/evil climbs out/],
  ['.. in the middle', [file('./a/../../evil')], /climbs out/],
  ['.. at the end', [dir('./a/..')], /climbs out/],
  ['.. by PAX', [pax([['path', 'a/../b']]), file('harmless')], /climbs out/],
  ['.. by a long name', [longName('../evil'), member({ magic: GNU })], /climbs out/],
  ['.. by a prefix', [member({ path: 'evil', prefix: '..' })], /climbs out/],
  [
    '.. by a sparse name',
    [
      pax([
        ['GNU.sparse.name', '../e'],
        ['GNU.sparse.size', '1'],
        ['GNU.sparse.numblocks', '1'],
        ['GNU.sparse.map', '0,1'],
      ]),
      file('x'),
    ],
    /climbs out/,
  ],
  ['.. after a slash', [file('/../etc/passwd')], /climbs out/],
  [
    'absolute, through a symlink',
    [symlink('lib', '/etc'), file('/lib/passwd')],
    /lies below \/lib, which is a symlink/,
  ],
  [
    'through a symlink',
    [symlink('./lib', '/etc'), file('./lib/passwd')],
    /lies below \.\/lib, which is a symlink/,
  ],
  ['through a relative symlink', [symlink('a', '../..'), file('a/b')], /lies below a, which is a symlink/],
  [
    'through a symlink, spelt differently',
    [symlink('./x/l', '/'), file('x//./l/etc')],
    /below x\/\/\.\/l, which is a symlink/,
  ],
  ['through a symlink, deep', [symlink('a/b', '/'), dir('a/b/c/d/')], /lies below a\/b/],
  [
    'a symlink onto itself as directory',
    [symlink('a', '/'), dir('a/')],
    /is a directory, but an earlier member made it a symlink/,
  ],
  ['a directory that becomes a symlink', [dir('a/'), symlink('a', '/')], /is a symlink, but .* a directory/],
  [
    'an implied directory that becomes a symlink',
    [file('a/b'), symlink('a', '/')],
    /is a symlink, but .* a directory/,
  ],
  ['a file that becomes a symlink', [file('a'), symlink('a', '/')], /but an earlier member made it a file/],
  [
    'a hard link that becomes a symlink',
    [file('a'), hardlink('b', 'a'), symlink('b', '/')],
    /made it a file/,
  ],
  ['below a file', [file('a'), file('a/b')], /lies below a, which is a file/],
  ['below a device', [node('./dev/null', 1, 3), file('./dev/null/x')], /which is a device/],
  ['the root as symlink', [symlink('./', '/')], /is a symlink, but an earlier member made it a directory/],
  ['the root as file', [member({ path: '.' }, 'x')], /is a file, but/],
  ['hard link outside', [hardlink('a', '../etc/shadow')], /hard link, and its target climbs out/],
  ['hard link absolute', [hardlink('a', '/etc/shadow')], /its target \/etc\/shadow is nothing/],
  ['hard link forward', [hardlink('a', 'b'), file('b')], /its target b is nothing, not an earlier file/],
  ['hard link to itself', [hardlink('a', 'a')], /is nothing/],
  ['hard link to a symlink', [symlink('s', '/etc/shadow'), hardlink('a', 's')], /its target s is a symlink/],
  ['hard link to a directory', [dir('d/'), hardlink('a', 'd')], /its target d is a directory/],
  ['hard link below a symlink', [symlink('s', '/etc'), hardlink('a', 's/shadow')], /s\/shadow is nothing/],
  ['hard link by PAX', [pax([['linkpath', '/etc/shadow']]), hardlink('a', 'x')], /\/etc\/shadow is nothing/],
  ['hard link to nothing', [hardlink('a', '')], /empty name/],
  ['symlink to nothing', [symlink('a', '')], /target of 0 bytes/],
  ['an empty name', [member({ path: '' })], /empty name/],
  ['a disk', [member({ path: './dev/sda', typeflag: '4', major: 8 })], /a block device 8:0/],
  ['a disk named null', [node('./dev/null', 8, 0)], /a char device 8:0/],
  ['a disk below sixty slashes', [node(`.${'/'.repeat(60)}x`, 8, 0)], /a char device 8:0/],
  [
    'a block device named null',
    [member({ path: './dev/null', typeflag: '4', major: 1, minor: 3 })],
    /a block device 1:3/,
  ],
  ['memory', [node('./dev/mem', 1, 1)], /char device 1:1/],
  ['memory elsewhere', [node('./etc/null', 1, 1)], /char device 1:1, not one of the usual nodes in dev/],
  ['a terminal elsewhere', [node('./srv/console', 5, 1)], /char device 5:1/],
  ['a whiteout of overlayfs', [node('./etc/gone', 0, 0)], /char device 0:0/],
  [
    'a block device with the numbers of null',
    [member({ path: './srv/null', typeflag: '4', major: 1, minor: 3 })],
    /a block device 1:3/,
  ],
  ['below a fifo', [member({ path: 'p', typeflag: '6' }), file('p/x')], /lies below p, which is a device/],
  ['a socket', [member({ path: './s', typeflag: 's' })], /unknown type/],
  ['uid 2^32-1', [pax([['uid', '4294967295']]), file('a')], /impossible owner 4294967295:0/],
  ['a negative gid', [member({ gid: base256(-1n, 8) })], /impossible owner 0:-1/],
  ['a time no inode holds', [member({ mtime: base256(2n ** 40n, 12) })], /impossible time/],
  [
    'an attribute of no kind',
    [pax([['SCHILY.xattr.com.apple.quarantine', 'x']]), file('a')],
    /member a has the extended attribute "com\.apple\.quarantine", of a kind that Linux has not/,
  ],
  [
    'an attribute with a long name',
    [pax([[`SCHILY.xattr.user.${'n'.repeat(251)}`, 'x']]), file('a')],
    /whose name has 256 bytes/,
  ],
  ['a time before inodes', [pax([['mtime', '-99999999999']]), file('a')], /impossible time/],
  ['a name of 256 bytes', [longName('n'.repeat(256)), file('x')], /component of 256 bytes/],
  ['a path of 4096 bytes', [longName('d/'.repeat(2048)), dir('x')], /name of 4096 bytes/],
  ['a depth of 10 000', [longName('d/'.repeat(10_000)), dir('x')], /name of 20000 bytes/],
  ['a terminal escape in the message', [symlink('\x1b[2J', ''), file('x')], /member \\033\[2J is a symlink/],
]
for (const [name, parts, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => audit(archive(...parts)),
      (error: SdkError) => {
        assert.ok(error instanceof SdkError, String(error))
        assert.equal(error.code, 'SDK_ARCHIVE')
        assert.match(error.message, /^seed\.tar: /)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('caps on members, bytes and file sizes', () => {
  const three = archive(file('a'), file('b'), file('c'))
  assert.equal(audit(three, { maxEntries: 4 }), 3)
  assert.throws(() => audit(three, { maxEntries: 2 }), /more than 2 members/)
  assert.throws(() => audit(three, { maxBytes: 2 }), /more than 2 bytes/)
  assert.throws(() => audit(archive(member({}, 'abc')), { maxFileSize: 2 }), /has 3 bytes/)
  const deep = archive(longName('d/'.repeat(100)), dir('x'), file('after'))
  assert.throws(() => audit(deep, { maxEntries: 50 }), /more than 50 members and directories/)
})

test('100 000 members with deep names are one pass each', () => {
  const check = createAudit({ archive: 'x' })
  const deep = 'd/'.repeat(500)
  const entry = {
    type: 'file' as const,
    mode: 0o644,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: 0,
    realSize: 0,
    mtime: 0,
    link: Buffer.alloc(0),
    device: { major: 0, minor: 0 },
    xattrs: [],
    hasAcl: false,
  }
  for (let index = 0; index < 100_000; index++)
    check({ ...entry, path: Buffer.from(index % 10 === 0 ? `${deep}${index}` : `./usr/share/${index}`) })
  assert.throws(() => check({ ...entry, path: Buffer.from(`${deep}0/x`) }), /which is a file/)
})

test('the path table agrees with a map of names', () => {
  const table = new PathTable()
  const known = new Map<string, PathKind>()
  const kinds = [PathKind.file, PathKind.directory, PathKind.symlink]
  for (let index = 0; index < 60_000; index++) {
    const path = `f${(index * 7919) % 40_000}`
    const kind = kinds[index % 3] ?? PathKind.file
    const { before } = table.enter(Buffer.from(`./${path}`), kind)
    assert.equal(before, known.get(path) ?? PathKind.none)
    if (!known.has(path)) known.set(path, kind)
  }
  assert.equal(table.size, known.size)
  for (const [path, kind] of known) assert.equal(table.kindOf(Buffer.from(path)), kind)
  assert.equal(table.kindOf(Buffer.from('f')), PathKind.none)
  assert.equal(table.kindOf(Buffer.from('f1/f1')), PathKind.none)
})
