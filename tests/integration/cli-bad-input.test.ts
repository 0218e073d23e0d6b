import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { needsRoot, temporary } from './store-helpers.js'
import { cli, NOBODY } from './verbs-helpers.js'

/** A fresh working directory with seeds that are none. */
async function workingDirectory(t: TestContext): Promise<string> {
  const folder = await temporary(t)
  chmodSync(folder, 0o777)
  mkdirSync(path.join(folder, 'folder'))
  writeFileSync(path.join(folder, 'page.tar.zst'), '<!DOCTYPE html><html><title>404</title></html>')
  writeFileSync(path.join(folder, 'empty.tar.zst'), '')
  for (const suffix of ['.sig', '.DIGESTS']) writeFileSync(path.join(folder, `sdk.tar.bz2${suffix}`), 'x\n')
  writeFileSync(path.join(folder, 'cut.tar.gz'), Buffer.from('1f8b0800', 'hex'))
  writeFileSync(path.join(folder, 'text.tar.bz2'), 'no archive at all\n')
  return folder
}

/** Arguments, exit code, and what the message has to say. */
const CASES: readonly [string, readonly string[], number, RegExp][] = [
  ['an unknown stage', ['stage5'], 2, /"stage5" is neither a stage nor a verb/],
  ['an unknown option', ['--versoin', '1'], 2, /unknown option "--versoin".*--version/],
  ['an option of another verb', ['status', '--rebuild'], 2, /status has no option --rebuild/],
  ['an unknown SDK', ['--sdk', 'embeded'], 2, /no SDK "embeded".*embedded/],
  ['a profile of an unknown repo', ['--profile', 'overlay:sdk'], 2, /no repo "overlay"/],
  [
    'a profile that is not there',
    ['--profile', 'coreos-overlay:coreos/nope'],
    2,
    /no profile coreos-overlay:coreos\/nope/,
  ],
  ['a profile that is none', ['--profile', '../sdk'], 2, /--profile: expected a profile/],
  ['a version with a slash', ['--version', 'a/b'], 2, /"a\/b" is not a version/],
  ['an unknown compression', ['--compression', 'lzma'], 2, /--compression: expected one of/],
  [
    'a seed that is not there',
    ['--seed_tarball', 'none.tar.zst'],
    4,
    /none\.tar\.zst: there is no such file/,
  ],
  ['a seed that is a directory', ['--seed_tarball', 'folder'], 4, /expected a tarball, found a directory/],
  ['a seed that is a web page', ['--seed_tarball', 'page.tar.zst'], 4, /found what looks like HTML/],
  ['an empty seed', ['--seed_tarball', 'empty.tar.zst'], 4, /not an archive/],
  ['a seed cut off', ['--seed_tarball', 'cut.tar.gz'], 4, /truncated/],
  ['a seed that is a text', ['--seed_tarball', 'text.tar.bz2'], 4, /not an archive/],
  [
    'a signature for a seed',
    ['--seed_tarball', 'sdk.tar.bz2.sig'],
    4,
    /sdk\.tar\.bz2\.sig: expected a tarball, found a signature.*did you mean sdk\.tar\.bz2\?/s,
  ],
  ['digests for a seed', ['--seed_tarball', 'sdk.tar.bz2.DIGESTS'], 4, /found a list of digests/],
  [
    'a place to upload to that there is no way to',
    ['--upload', '--upload_root', 'http://mirror.example'],
    2,
    /--upload_root: "http:\/\/mirror\.example" cannot be uploaded to: .*http:\/\//,
  ],
  ['an upload to nowhere', ['--upload'], 2, /--upload: there is no place/],
  [
    'an upload path of another kind',
    ['--upload', '--upload_path', 'ftp://b'],
    2,
    /--upload_path: "ftp:\/\/b" cannot/,
  ],
  [
    'the beginning of two options',
    ['--up', '--stage1', 'x'],
    2,
    /--up is ambiguous: --upload, --upload_root, --upload_path \[/,
  ],
  ['something unknown to enter', ['enter', 'stage9'], 2, /there is no "stage9"/],
  ['a file to verify that is not there', ['verify', 'none.tar.zst'], 2, /none\.tar\.zst is not there/],
  ['an operand too much', ['clean', 'all'], 2, /clean: expected no operands/],
]

for (const [what, args, exitCode, message] of CASES)
  test(`${what}: exit code ${exitCode}, one clear error, and nothing is made`, async (t) => {
    const cwd = await workingDirectory(t)
    const before = readdirSync(cwd)
    const ended = await cli(args, { cwd })
    assertRefused(ended, { exitCode, message })
    assert.deepEqual(readdirSync(cwd), before)
  })

for (const repo of ['portage-stable', 'coreos-overlay'])
  test(`a profile that ${repo} does not have: the list that the hint names is there`, async (t) => {
    const { stderr } = await cli(['--profile', `${repo}:nope`], { cwd: await workingDirectory(t) })
    const [, list] = /^ {2}(\/.*\/profiles\.desc) lists the profiles of the repo; /m.exec(stderr) ?? []
    assert.match(readFileSync(list ?? '', 'utf8'), /^amd64\t.*\bstable$/m, stderr)
  })

test(
  'an unknown stage without root: exit code 2, not that root is missing, and nothing is made',
  needsRoot(),
  async (t) => {
    const cwd = await workingDirectory(t)
    const before = readdirSync(cwd)
    const ended = await cli(['stage5'], { cwd, before: NOBODY })
    assertRefused(ended, { exitCode: 2, message: /"stage5" is neither a stage nor a verb/ })
    assert.deepEqual(readdirSync(cwd), before)
  },
)

for (const verb of ['build', 'clean', 'verify'])
  test(`${verb} without root: exit code 3, and nothing is made`, needsRoot(), async (t) => {
    const cwd = await workingDirectory(t)
    const before = readdirSync(cwd)
    const operands = verb === 'verify' ? ['page.tar.zst'] : []
    assertRefused(await cli([verb, ...operands], { cwd, before: NOBODY }), {
      exitCode: 3,
      message: /needs root.*\n {2}run it (?:with sudo|as root)/,
    })
    assert.deepEqual(readdirSync(cwd), before)
  })

function assertRefused(
  ended: { exitCode: number | null; stdout: string; stderr: string },
  expected: { exitCode: number; message: RegExp },
): void {
  assert.equal(ended.exitCode, expected.exitCode, ended.stderr)
  assert.equal(ended.stdout, '')
  assert.match(ended.stderr, expected.message)
  // One error: a line that says what, perhaps a hint below it, and never a stack.
  assert.equal(ended.stderr.match(/^bootstrap_sdk: error: /gm)?.length, 1, ended.stderr)
  assert.doesNotMatch(ended.stderr, /^\s+at /m)
}
