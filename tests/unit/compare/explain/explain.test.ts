import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBytes } from '../../../../src/compare/bytes.js'
import { explainContent } from '../../../../src/compare/explain/content.js'
import { explainDatabase } from '../../../../src/compare/explain/portage.js'
import { explainText } from '../../../../src/compare/explain/text.js'
import { splitCpv } from '../../../../src/portage/cpv.js'

const MD5 = 'a'.repeat(32)

const TEXTS: [string, string, string, string | undefined][] = [
  ['epochs', 'at 1795455300\n', 'at 1700000001.5\n', 'timestamp'],
  ['ISO times', '2026-11-23T17:35:00Z x', '2025-01-02 03:04:05+0100 x', 'timestamp'],
  ['__DATE__ and __TIME__', 'Nov 23 2026 17:35:00', 'Jan  2 2025 03:04:05', 'timestamp'],
  ['date -R', 'Mon, 23 Nov 2026', 'Thu, 02 Jan 2025', 'timestamp'],
  ['lines', 'a\nb\n', 'b\na\n', 'order'],
  ['words', 'USE="a b c"', 'USE= "c', undefined],
  ['words of one line', 'x a b c y', 'x c b a y', 'order'],
  ['folders', '-I/var/tmp/portage/a/b-1/image/x', '-I/tmp/tmp.Xy1/x', 'path'],
  ['time and order', 'a 1795455300\nb 1\n', 'b 1\na 1795455999\n', 'order timestamp'],
  ['versions', '1.2.3', '1.2.4', undefined],
  ['longer numbers', '17954553001', '17954553002', undefined],
  ['a day more', 'x', 'x 2026-11-23', undefined],
]
for (const [name, a, b, causes] of TEXTS)
  test(`text: ${name}`, () => {
    const { isExplained, causes: found } = explainText(a, b)
    assert.deepEqual([isExplained, isExplained ? found.join(' ') : undefined], [causes !== undefined, causes])
  })

test('a text that is one long name keeps nobody busy', () => {
  const name = '/a'.repeat(2 ** 20)
  assert.equal(explainText(`${name} 1`, `${name} 2`).isExplained, false)
  const { isExplained, causes } = explainText(`${name}/tmp/x 1`, '/tmp/y 1')
  assert.deepEqual([isExplained, causes], [true, ['path']])
})

test('the lines of a text that is not explained are counted, each as often as it is there', () => {
  assert.deepEqual(explainText('a\na\nb', 'a\nc\nd').lines, { a: 2, b: 2, first: ['a', 'c'] })
})

test("the files of Portage's database have rules of their own", () => {
  const path = (name: string): string => `var/db/pkg/a/b-1/${name}`
  const of = (name: string, a: string, b: string): unknown => {
    const found = explainDatabase(path(name), a, b)
    return found === undefined ? undefined : [found.isExplained, found.causes.join(' ')]
  }
  assert.deepEqual(of('COUNTER', '7', '8'), [true, 'counter'])
  assert.deepEqual(of('BINPKGMD5', 'a', 'b'), [true, 'binpkg'])
  const line = (name: string, digit: string): string =>
    `obj /usr/${name} ${MD5.replaceAll('a', digit)} 17${digit}\n`
  assert.deepEqual(of('CONTENTS', line('x', '1'), line('x', '2')), [true, 'listing'])
  assert.deepEqual(of('CONTENTS', line('x', '1') + line('y', '1'), line('y', '1') + line('x', '1')), [
    true,
    'listing order',
  ])
  assert.deepEqual(of('CONTENTS', line('x', '1'), line('y', '1')), [false, ''])
  assert.deepEqual(of('metadata', 'A=1\nCOUNTER=1\n#dir_mtime=5\n', 'A=1\nCOUNTER=2\n#dir_mtime=6\n'), [
    true,
    'counter timestamp',
  ])
  assert.deepEqual(of('metadata', 'A=1\nCOUNTER=1\n', 'A=2\nCOUNTER=2\n'), [false, 'counter'])
  assert.equal(of('USE', 'a', 'b'), undefined)
  assert.equal(explainDatabase('etc/COUNTER', '7', '8'), undefined)
})

test('broken formats are not explained, and end nothing', async () => {
  const said = async (a: Buffer, b: Buffer, path = 'x'): Promise<[boolean, string | undefined]> => {
    const { isExplained, note } = await explainContent(path, memoryBytes(a), memoryBytes(b))
    return [isExplained, note]
  }
  const gzip = (rest: string): Buffer => Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.from(rest)])
  assert.deepEqual(await said(gzip('a'), gzip('b')), [
    false,
    'compressed data (gz) that is too large or damaged',
  ])
  const elf = (rest: string): Buffer =>
    Buffer.concat([Buffer.from('7f454c46020101', 'hex'), Buffer.from(rest)])
  assert.deepEqual(await said(elf('a'.repeat(80)), elf('b'.repeat(80))), [
    false,
    'no section headers that can be read',
  ])
  assert.deepEqual(await said(Buffer.from('!<arch>\nx'), Buffer.from('!<arch>\ny')), [
    false,
    'an ar archive that cannot be read',
  ])
  assert.deepEqual(await said(Buffer.from('\0a'), Buffer.from('\0b'), 'x.pyc'), [false, undefined])
  assert.deepEqual(await said(Buffer.alloc(0), Buffer.from('text')), [false, undefined])
})

test('what unpacks without an end is given up', async () => {
  // Blocks of one byte 128 KiB times (RFC 8878, 3.1.1.2): 8 MB for 250 GiB, for which nobody waits.
  const bomb = (byte: number): Buffer =>
    Buffer.concat([
      Buffer.from('28b52ffd0038', 'hex'),
      Buffer.alloc(8_000_000, Buffer.from([2, 0, 16, byte])),
    ])
  const { isExplained, note } = await explainContent('x', memoryBytes(bomb(1)), memoryBytes(bomb(2)))
  assert.deepEqual([isExplained, note], [false, 'compressed data (zstd) that is too large or damaged'])
})

test('names of packages are cut from their versions', () => {
  assert.deepEqual(splitCpv('sys-libs/zlib-1.3.1-r1'), { cp: 'sys-libs/zlib', version: '1.3.1-r1' })
  assert.deepEqual(splitCpv('dev-libs/libgcrypt20-1.10.1'), { cp: 'dev-libs/libgcrypt20', version: '1.10.1' })
  assert.deepEqual(splitCpv('x11-libs/gtk+-3.24'), { cp: 'x11-libs/gtk+', version: '3.24' })
  assert.deepEqual(splitCpv('virtual/none'), { cp: 'virtual/none', version: '' })
})
