import assert from 'node:assert/strict'
import test from 'node:test'
import { isAtOrBelow, parseMountinfo } from '../../../../src/store/disk/mounts.js'

test('a line of mountinfo, with optional fields and without', () => {
  const text =
    '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n' +
    '37 36 0:5 / /proc rw - proc proc rw\n'
  assert.deepEqual(parseMountinfo(text), [
    {
      mountPoint: '/mnt2',
      options: ['rw', 'noatime'],
      superOptions: ['rw', 'errors=continue'],
      fileSystem: 'ext3',
      source: '/dev/root',
    },
    {
      mountPoint: '/proc',
      options: ['rw'],
      superOptions: ['rw'],
      fileSystem: 'proc',
      source: 'proc',
    },
  ])
})

test('octal escapes: blank, tab, newline, backslash, and a name in UTF-8', () => {
  const name = Buffer.from('é').toString('latin1')
  const [mount] = parseMountinfo(`1 0 0:1 / /a\\040b\\011c\\012d\\134040${name} rw - tmpfs none rw\n`)
  assert.equal(mount?.mountPoint, '/a b\tc\nd\\040é')
})

test('a name that is not UTF-8 stays below its directory', () => {
  const [mount] = parseMountinfo('1 0 0:1 / /c/\xff\xfe rw - tmpfs none rw\n')
  assert.ok(isAtOrBelow(mount?.mountPoint ?? '', '/c'))
})

test('a line that is not understood is an error, not a mount less', () => {
  assert.throws(() => parseMountinfo('36 35 98:0 /mnt1 /mnt2 rw ext3\n'), { code: 'SDK_HOST' })
})

test('below is by component', () => {
  assert.ok(isAtOrBelow('/a/b', '/a/b'))
  assert.ok(isAtOrBelow('/a/b/c', '/a/b'))
  assert.ok(isAtOrBelow('/a', '/'))
  assert.ok(!isAtOrBelow('/a/bc', '/a/b'))
  assert.ok(!isAtOrBelow('/a', '/a/b'))
})
