import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type Algorithm,
  type FileDigests,
  parseDigests,
  renderDigests,
  selectDigests,
  verifyDigests,
} from '../../../../src/archive/stream/digests.js'
import { SdkError } from '../../../../src/errors.js'

const NAME = 'flatcar-sdk-amd64-1.0.0+2024-07-12-2100.tar.bz2'
const NODE: Record<Algorithm, string> = {
  md5: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
  blake2b: 'blake2b512',
}
const digestsOf = (content: string): FileDigests =>
  Object.fromEntries(
    Object.entries(NODE).map(([name, hash]) => [name, createHash(hash).update(content).digest('hex')]),
  ) as FileDigests
const x = digestsOf('x')
const y = digestsOf('y')
const isSeedError =
  (message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SdkError && error.code === 'SDK_SEED', String(error))
    assert.match(error.message, message)
    return true
  }

test('rendered in one fixed order, tarball first', () => {
  const text = renderDigests([
    { name: 'a.tar.zst', digests: x },
    { name: 'a.tar.zst.CONTENTS.gz', digests: y },
  ])
  const lines = text.trimEnd().split('\n')
  assert.deepEqual(
    lines.filter((line) => line.startsWith('#')),
    [
      '# MD5 HASH',
      '# SHA1 HASH',
      '# SHA512 HASH',
      '# BLAKE2B HASH',
      '# MD5 HASH',
      '# SHA1 HASH',
      '# SHA512 HASH',
      '# BLAKE2B HASH',
    ],
  )
  assert.equal(lines[1], '9dd4e461268c8034f5c8564e155c67a6  a.tar.zst')
  assert.equal(lines[7]?.startsWith('0909377a'), true)
  assert.equal(lines[9], `${y.md5}  a.tar.zst.CONTENTS.gz`)
  const parsed = parseDigests(text, 'D')
  const { sha256: _, ...four } = y
  assert.deepEqual(parsed.get('a.tar.zst.CONTENTS.gz'), four)
})

test("catalyst's random order, unknown algorithms and BSD style", () => {
  const text = [
    '-----BEGIN PGP SIGNED MESSAGE-----',
    'Hash: SHA512',
    '',
    '# BLAKE2B HASH',
    `${x.blake2b}  ${NAME}`,
    '# WHIRLPOOL HASH',
    `${'0'.repeat(128)}  ${NAME}`,
    '# SHA512 HASH',
    `${x.sha512.toUpperCase()} *${NAME}`,
    `BLAKE2B (other) = ${y.blake2b}`,
    `SHA512 (other) = ${y.sha512}`,
  ].join('\r\n')
  const found = parseDigests(text, 'D')
  assert.deepEqual(found.get(NAME), { blake2b: x.blake2b, sha512: x.sha512 })
  assert.deepEqual(found.get('other'), { blake2b: y.blake2b, sha512: y.sha512 })
})

const bad: [string, string, RegExp][] = [
  ['nothing', '', /D: expected digests of .*, found none at all/],
  ['HTML', '<html>404</html>', /found none at all/],
  ['another name', `# SHA512 HASH\n${x.sha512}  other\n`, /found only other/],
  ['MD5 only', `# MD5 HASH\n${x.md5}  ${NAME}\n`, /found only md5/],
  [
    'MD5 and SHA1 only',
    `# MD5 HASH\n${x.md5}  ${NAME}\n# SHA1 HASH\n${x.sha1}  ${NAME}\n`,
    /found only md5 and sha1/,
  ],
  ['a hash without a header', `${x.sha512}  ${NAME}\n`, /none at all/],
  ['a short hash', `# SHA512 HASH\n${x.sha1}  ${NAME}\n`, /D:2: expected 128 digits of sha512, found 40/],
  [
    'a contradiction',
    `# SHA512 HASH\n${x.sha512}  ${NAME}\n${y.sha512}  ${NAME}\n`,
    /D:3: a second sha512 .* contradicts/,
  ],
]
for (const [name, text, message] of bad)
  test(`refused: ${name}`, () =>
    assert.throws(() => selectDigests(parseDigests(text, 'D'), NAME, 'D'), isSeedError(message)))

test('verification reads the file and compares every digest', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'digests-'))
  const file = join(directory, NAME)
  await writeFile(file, 'x')
  const verify = (digests: FileDigests, name?: string): Promise<string> => {
    const text = renderDigests([{ name: name ?? NAME, digests }])
    return verifyDigests({ file, text, source: 'D', ...(name === undefined ? {} : { name }) })
  }
  assert.equal(await verify(x), x.sha256)
  assert.equal(await verify(x, 'stage4.tar.bz2'), x.sha256)
  await assert.rejects(verify({ ...x, sha512: y.sha512 }), isSeedError(/expected sha512 .*, found a4abd444/))
  await assert.rejects(verify({ ...x, md5: y.md5 }), isSeedError(/expected md5/))
  await assert.rejects(verify({ ...x, blake2b: y.blake2b }), isSeedError(/expected blake2b/))
  await rm(directory, { recursive: true })
})
