// Archives as catalyst leaves them, made here by real tools, are verified; what we leave is checked by the tools of others.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { finalizeArchive } from '../../src/archive/pack.js'
import { makeTree, packTree } from './archive-helpers.js'
import { needsRoot } from './store-helpers.js'
import { cli, type Ground, ground } from './verbs-helpers.js'

interface Made extends Ground {
  archive: string
  contents: string
  digests: string
  tree: string
}

const SUMS: Readonly<Record<string, string>> = {
  MD5: 'md5sum',
  SHA1: 'sha1sum',
  SHA512: 'sha512sum',
  BLAKE2B: 'b2sum',
}

/** A section of a DIGESTS file, in either style. */
function section(algorithm: string, file: string, style: 'linux' | 'bsd' = 'linux'): string {
  const options = style === 'bsd' ? ['--tag'] : []
  const program = SUMS[algorithm] ?? ''
  const line = execFileSync(program, [...options, path.basename(file)], { cwd: path.dirname(file) })
  return `# ${algorithm} HASH\n${line.toString()}`
}

/** An SDK as catalyst makes one: compressed by tar, listed in the caller's locale and time zone. */
async function made(
  t: TestContext,
  algorithms: readonly string[],
  style: 'linux' | 'bsd' = 'linux',
): Promise<Made> {
  const place = await ground(t)
  const tree = path.join(place.folder, 'tree')
  makeTree(tree)
  mkdirSync(path.join(tree, 'etc/grüße'))
  const archive = path.join(place.folder, 'stage3-amd64-1.tar.bz2')
  const xattrs = ['--xattrs', '--xattrs-include=security.capability', '--xattrs-include=user.pax.flags']
  execFileSync('tar', [...xattrs, '-I', 'lbzip2', '-C', tree, '-cpf', archive, '.'])
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'Asia/Tokyo' }
  const listing = execFileSync('tar', ['--xattrs', '-tvf', archive], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const contents = `${archive}.CONTENTS.gz`
  // What tar has to say on stderr comes behind an empty line.
  const complaint = '\ntar: Ignoring unknown extended header keyword\n'
  writeFileSync(contents, gzipSync(Buffer.concat([listing, Buffer.from(complaint)])))
  const digests = `${archive}.DIGESTS`
  const of = (file: string): string => algorithms.map((name) => section(name, file, style)).join('')
  writeFileSync(digests, of(archive) + of(contents))
  writeFileSync(
    `${archive}.sha256`,
    `# SHA256 HASH\n${execFileSync('sha256sum', [path.basename(archive)], { cwd: place.folder }).toString()}`,
  )
  return { ...place, archive, contents, digests, tree }
}

async function verified({
  archive,
  place,
}: Made): Promise<{ code: number | null; said: Said; stderr: string }> {
  const { exitCode, stdout, stderr } = await cli(['verify', archive, ...place, '--json'])
  const { archives } = JSON.parse(stdout) as { archives: Said[] }
  return { code: exitCode, said: archives[0] as Said, stderr }
}

interface Said {
  hasRecord: boolean
  isIntact: boolean
  sha256: string | null
  digests: string[]
  members: number | null
  findings: { check: string; problem: string }[]
}

for (const [name, order, style] of [
  ['catalyst 4, sections in some order', ['BLAKE2B', 'SHA512', 'MD5', 'SHA1'], 'linux'],
  ['one strong digest', ['SHA512'], 'linux'],
  ['BSD style', ['SHA1', 'BLAKE2B', 'SHA512'], 'bsd'],
] as const)
  test(`an archive of catalyst is verified: ${name}`, needsRoot(), async (t) => {
    const it = await made(t, order, style)
    const { code, said } = await verified(it)
    assert.deepEqual([code, said.findings], [0, []])
    assert.deepEqual([said.hasRecord, said.isIntact], [false, true])
    assert.deepEqual(
      said.digests.toSorted(),
      [...order.map((each) => each.toLowerCase()), 'sha256'].toSorted(),
    )
    const names = execFileSync('tar', ['-tf', it.archive], { stdio: ['ignore', 'pipe', 'ignore'] })
    assert.equal(said.members, names.toString('latin1').trimEnd().split('\n').length)
    assert.equal(said.sha256, readFileSync(`${it.archive}.sha256`, 'utf8').split('\n')[1]?.slice(0, 64))
    const text = await cli(['verify', it.archive, ...it.place])
    assert.match(text.stdout, /^ok {2}.*\n {2}no record: .*digests: .*members, as listed$/m)
  })

test('catalyst 3 knew Whirlpool, whose lines are as long as those of SHA512', needsRoot(), async (t) => {
  const it = await made(t, ['MD5', 'SHA1', 'SHA512'])
  const whirlpool = `# WHIRLPOOL HASH\n${'0f'.repeat(64)}  ${path.basename(it.archive)}\n`
  writeFileSync(it.digests, whirlpool + readFileSync(it.digests, 'utf8') + whirlpool)
  assert.equal((await verified(it)).code, 0)
})

const FAULTS: readonly [string, (it: Made) => void, RegExp][] = [
  [
    'a wrong BLAKE2B beside a right SHA512',
    ({ digests }) => {
      const text = readFileSync(digests, 'utf8')
      writeFileSync(digests, text.replace(/(# BLAKE2B HASH\n)[0-9a-f]{8}/, '$100000000'))
    },
    /digests: .*expected blake2b 00000000/,
  ],
  [
    'a changed byte of the archive',
    ({ archive }) => {
      const bytes = readFileSync(archive)
      bytes[40] = (bytes[40] ?? 0) ^ 1
      writeFileSync(archive, bytes)
    },
    /digests: .*expected .*\n.*contents: .*corrupt/,
  ],
  [
    'no digests at all',
    ({ archive, digests }) => {
      rmSync(digests)
      rmSync(`${archive}.sha256`)
    },
    /digests: there is neither/,
  ],
  [
    'only MD5',
    ({ archive, digests }) => {
      rmSync(`${archive}.sha256`)
      writeFileSync(digests, section('MD5', archive))
    },
    /digests: .*found only md5/,
  ],
  [
    'another mode in the listing',
    relisted((text) => text.replace('-rwsr-xr-x', '-rwxr-xr-x')),
    /contents: .*:\d+: expected "-rwsr-xr-x/,
  ],
  [
    'a member that is not listed',
    relisted((text) => text.replace(/.* \.\/etc\/up .*\n/, '')),
    /contents: .*expected .*\.\/etc\/up/,
  ],
  [
    'a line too many',
    relisted((text) => text.replace('\n\ntar:', '\n-rw-r--r-- root/root 0 2026-01-01 00:00 ./more\n\ntar:')),
    /contents: .*lists more than the/,
  ],
  [
    'another owner',
    relisted((text) => text.replace(/250\/251|\S+\/\S+(?= +\d+ \S+ \S+ \.\/etc\/passwd)/, 'eve/eve')),
    /contents: .*\.\/etc\/passwd/,
  ],
]

/** Changes the listing, and its digests with it. */
function relisted(change: (text: string) => string): (it: Made) => void {
  return ({ contents, digests, archive }) => {
    const before = gunzipSync(readFileSync(contents)).toString('latin1')
    const after = change(before)
    assert.notEqual(after, before)
    writeFileSync(contents, gzipSync(Buffer.from(after, 'latin1')))
    writeFileSync(digests, section('SHA512', archive) + section('SHA512', contents))
  }
}

for (const [name, spoil, message] of FAULTS)
  test(`found: ${name}`, needsRoot(), async (t) => {
    const it = await made(t, ['MD5', 'SHA512', 'BLAKE2B'])
    spoil(it)
    const { code, said } = await verified(it)
    assert.equal(code, 7)
    assert.match(said.findings.map(({ check, problem }) => `${check}: ${problem}`).join('\n'), message)
  })

test('our DIGESTS and CONTENTS are understood by others', needsRoot(), async (t) => {
  const { folder } = await ground(t)
  const tree = path.join(folder, 'tree')
  makeTree(tree)
  const pack = await packTree(tree, path.join(folder, 'sdk'), { format: 'bz2' })
  await finalizeArchive(pack)
  const text = readFileSync(`${pack.target}.DIGESTS`, 'utf8')
  for (const [algorithm, program] of Object.entries(SUMS)) {
    // As the manual has it: the lines behind the headers of one algorithm.
    const lines = execFileSync('grep', ['-A1', `^# ${algorithm} HASH`], { input: text })
    const said = execFileSync(program, ['--check', '--strict', '-'], {
      cwd: folder,
      input: lines.toString().replace(/^(#|--).*\n/gm, ''),
    })
    assert.equal(said.toString(), 'sdk.tar.bz2: OK\nsdk.tar.bz2.CONTENTS.gz: OK\n', program)
  }
  const listed = gunzipSync(readFileSync(`${pack.target}.CONTENTS.gz`)).toString('latin1')
  const names = execFileSync('tar', ['-tf', pack.target], {
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  assert.equal(listed.split('\n').length, names.toString('latin1').split('\n').length)
  appendFileSync(pack.target, 'x')
  assert.throws(() =>
    execFileSync('sha512sum', ['--check', '-'], {
      cwd: folder,
      input: text,
      stdio: ['pipe', 'ignore', 'ignore'],
    }),
  )
})
