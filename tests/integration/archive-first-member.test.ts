import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { checkFirstMember } from '../../src/archive/first-member.js'
import { workDirectory } from './archive-helpers.js'

test('an archive passes as soon as its first member is read, in every compression', async (t) => {
  const folder = await workDirectory(t)
  mkdirSync(path.join(folder, 'tree'))
  // Random, and larger than every buffer on the way: the decompressor is stopped in its midst.
  execFileSync('dd', ['if=/dev/urandom', `of=${folder}/tree/large`, 'bs=1M', 'count=2', 'status=none'])
  for (const flag of ['--zstd', '--gzip', '--bzip2', '--xz', '--no-auto-compress']) {
    const file = path.join(folder, `archive${flag}`)
    execFileSync('tar', ['-C', path.join(folder, 'tree'), flag, '-cf', file, '.'])
    assert.equal(await checkFirstMember(file), '')
  }
})

test('what ends within its first block, or is not a tar inside, does not', async (t) => {
  const folder = await workDirectory(t)
  const file = path.join(folder, 'seed.tar.gz')
  const whole = gzipSync(Buffer.alloc(100_000, 'no tar'))
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('1f8b0800', 'hex'), /truncated/],
    [whole.subarray(0, 40), /truncated|not a tar/],
    [whole, /tar/],
    [gzipSync(Buffer.alloc(0)), /tar|empty|truncated/],
    [Buffer.from('28b52ffd04', 'hex'), /truncated|corrupt/],
  ]
  for (const [content, message] of cases) {
    writeFileSync(file, content)
    await assert.rejects(checkFirstMember(file), { code: 'SDK_ARCHIVE', message })
    assert.deepEqual(readFileSync(file), content)
  }
})
