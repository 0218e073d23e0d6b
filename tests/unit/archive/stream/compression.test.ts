import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compressorArgv,
  decompressorArgv,
  detectFormat,
  formatOfName,
} from '../../../../src/archive/stream/compression.js'
import { SdkError } from '../../../../src/errors.js'
import { archive, member } from '../../../helpers/tar-maker.js'

test('the format comes from the magic', () => {
  const magic = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(20)])
  assert.equal(detectFormat(magic('28b52ffd'), 'a'), 'zstd')
  assert.equal(detectFormat(Buffer.from('BZh91AY&SY'), 'a'), 'bz2')
  assert.equal(detectFormat(magic('fd377a585a00'), 'a'), 'xz')
  assert.equal(detectFormat(magic('1f8b'), 'a'), 'gz')
  assert.equal(detectFormat(archive(member({})).subarray(0, 512), 'a'), 'tar')
})

const foreign: [string, string | Buffer, RegExp][] = [
  ['an empty file', '', /seed\.tar\.bz2: .*found an empty file/],
  ['HTML', '<!DOCTYPE html><title>404', /looks like HTML/],
  ['HTML after blanks', '\n  <html><body>', /looks like HTML/],
  ['a zip', 'PK\x03\x04abc', /a zip archive/],
  ['zeros', Buffer.alloc(512), /only zero bytes/],
  ['a signature', '-----BEGIN PGP SIGNATURE-----', /PGP/],
  ['escape sequences', '\x1b[31mhello', /begins with "\\033\[31mhello"/],
]
for (const [name, content, message] of foreign) {
  test(`${name} is not an archive, and the message says what it is`, () => {
    assert.throws(
      () => detectFormat(Buffer.from(content), 'seed.tar.bz2'),
      (error: SdkError) =>
        error instanceof SdkError && error.code === 'SDK_ARCHIVE' && message.test(error.message),
    )
  })
}

test('names promise a format', () => {
  assert.equal(formatOfName('a/stage1-amd64-1.0.0.tar.zst'), 'zstd')
  assert.equal(formatOfName('x.tar.bz2'), 'bz2')
  assert.equal(formatOfName('x.tar'), 'tar')
  assert.equal(formatOfName('x.tbz'), undefined)
})

test('compressors', () => {
  assert.deepEqual(compressorArgv('zstd'), ['zstd', '--quiet', '--stdout', '-T0', '-3'])
  assert.equal(compressorArgv('bz2', true)[0], 'lbzip2')
  assert.equal(compressorArgv('bz2', false)[0], 'bzip2')
  assert.ok(compressorArgv('gz').includes('-n'))
  assert.equal(decompressorArgv('bz2', false)[0], 'bzip2')
})
