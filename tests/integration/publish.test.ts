import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { readJournal } from '../../src/events/journal.js'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, must } from '../../src/process/run.js'
import { makePackage } from '../helpers/binary-package.js'
import { finishedSdk, freePort, gpgKey, needs, rsyncDaemon } from './publish-helpers.js'
import { temporary } from './store-helpers.js'
import { cli } from './verbs-helpers.js'

const RELEASE = 'test-sdk-amd64-1.0.0+a.tar.zst'
const TARBALLS = ['', '.CONTENTS.gz', '.DIGESTS', '.record.json'].map((suffix) => `${RELEASE}${suffix}`)
const PACKAGES = [
  'pkgs/Packages',
  'pkgs/app-arch/tar/tar-1.35-1.gpkg.tar',
  'pkgs/app-shells/bash/bash-5.2-1.gpkg.tar',
  'pkgs/dev-lang/rust/rust-1.80-1.gpkg.tar',
  'toolchain/Packages',
  'toolchain/cross-aarch64-cros-linux-gnu/gcc/gcc-12.2-1.gpkg.tar',
  'toolchain/cross-x86_64-cros-linux-gnu/gcc/gcc-12.2-1.gpkg.tar',
  'toolchain/dev-lang/rust/rust-1.80-1.gpkg.tar',
]

const filesBelow = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort()

/** The versions that an index lists, after their number. */
const indexOf = (target: string, folder: string): string[] =>
  readFileSync(path.join(target, folder, 'Packages'), 'utf8').match(/^(?:PACKAGES|CPV): .*/gm) ?? []

test(
  'a finished SDK is copied to a folder: release, packages that it has, toolchains; again after again',
  needs(),
  async (t) => {
    const { layout, place } = await finishedSdk(t)
    const root = await temporary(t)
    const args = [...place, '--version', '1.0.0+a', '--upload', '--upload_root', `file://${root}/a/`]
    const first = await cli(args)
    assert.equal(first.exitCode, 0, first.stderr)
    assert.match(first.stderr, /published 12 files to file:\/\/\S+\/a\/sdk\/amd64\/1\.0\.0\+a /)
    const target = path.join(root, 'a/sdk/amd64/1.0.0+a')
    assert.deepEqual(filesBelow(target), [...TARBALLS, ...PACKAGES].sort())
    for (const name of TARBALLS)
      assert.deepEqual(readFileSync(path.join(target, name)), readFileSync(path.join(layout.builds, name)))
    // The newest stage's package wins; the index lists what is there, and nothing else.
    assert.match(readFileSync(path.join(target, PACKAGES[2] ?? ''), 'utf8'), /stage4 app-shells\/bash-5\.2\n/)
    assert.deepEqual(indexOf(target, 'pkgs'), [
      'PACKAGES: 3',
      ...['CPV: app-arch/tar-1.35', 'CPV: app-shells/bash-5.2', 'CPV: dev-lang/rust-1.80'],
    ])
    // All that crossdev's steps have built is of the toolchains: the Rust that has the targets, too.
    assert.deepEqual(indexOf(target, 'toolchain'), [
      'PACKAGES: 3',
      'CPV: cross-aarch64-cros-linux-gnu/gcc-12.2',
      ...['CPV: cross-x86_64-cros-linux-gnu/gcc-12.2', 'CPV: dev-lang/rust-1.80'],
    ])
    const rust = (folder: string): string =>
      /^\w+ dev-lang\/rust-1\.80$/m.exec(
        readFileSync(path.join(target, folder, 'dev-lang/rust/rust-1.80-1.gpkg.tar'), 'utf8').replaceAll(
          '\0',
          '\n',
        ),
      )?.[0] ?? ''
    assert.deepEqual(
      [rust('pkgs'), rust('toolchain')],
      ['stage4 dev-lang/rust-1.80', 'crossdev dev-lang/rust-1.80'],
    )
    writeFileSync(path.join(target, RELEASE), 'damaged')
    writeFileSync(path.join(target, `.${RELEASE}.partial-0123456789ab`), 'of a killed run')
    const second = await cli(args)
    assert.equal(second.exitCode, 0, second.stderr)
    assert.deepEqual(filesBelow(target), [...TARBALLS, ...PACKAGES].sort())
    assert.deepEqual(
      readFileSync(path.join(target, RELEASE)),
      readFileSync(path.join(layout.builds, RELEASE)),
    )
    const told = readJournal(layout.journal).filter(({ type }) => type.startsWith('publish-'))
    assert.deepEqual(
      told.map(({ type }) => type),
      ['publish-started', 'publish-finished', 'publish-started', 'publish-finished'],
    )
    assert.deepEqual(readdirSync(path.join(layout.root, 'work')), [])
  },
)

test('a binary package that is not what it was is never published', needs(), async (t) => {
  const { layout, place } = await finishedSdk(t)
  const args = [...place, '--version', '1.0.0+a', '--upload', '--upload_root']
  const [folder] = readdirSync(path.join(layout.root, 'packages'), { recursive: true, withFileTypes: true })
    .filter(({ name, parentPath }) => name === 'bash-5.2-1.gpkg.tar' && parentPath.includes('stage4'))
    .map(({ parentPath }) => parentPath)
  const bash = path.join(folder ?? '', 'bash-5.2-1.gpkg.tar')
  const good = readFileSync(bash)
  const faults: [string, () => void, RegExp][] = [
    ['emptied', () => truncateSync(bash), /holds no tar stream/],
    ['cut', () => truncateSync(bash, 2048), /the archive has no members/],
    ['changed', () => writeFileSync(bash, flipped(good, 'stage4 ')), /image\.tar\.zst is not/],
    ['another whole one', () => makePackage(bash, 'of an evening'), /index/],
  ]
  for (const [what, act, fault] of faults) {
    act()
    const target = await temporary(t)
    const run = await cli([...args, `file://${target}`])
    assert.equal(run.exitCode, 8, `${what}: ${run.stderr}`)
    assert.match(run.stderr, /bash-5\.2-1\.gpkg\.tar is not published: (?!\/)/, what)
    assert.match(run.stderr, fault, what)
    assert.deepEqual(readdirSync(target), [], what)
  }
  writeFileSync(bash, good)
  const again = await cli([...args, `file://${await temporary(t)}`])
  assert.equal(again.exitCode, 0, again.stderr)
})

/** A copy with one bit of `text` changed. */
function flipped(bytes: Buffer, text: string): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf(text)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

async function verifies(t: TestContext, GNUPGHOME: string, ...files: string[]): Promise<boolean> {
  // Only what the test's key has signed is good: the status lines say by whom.
  const env = toolEnvironment({ GNUPGHOME })
  const { exitCode, stdout } = await capture({
    argv: ['gpg', '--batch', '--status-fd', '1', '--verify', ...files],
    env,
  })
  t.diagnostic(`${files.map((file) => path.basename(file)).join(' ')}: ${exitCode}`)
  return exitCode === 0 && stdout.includes('[GNUPG:] VALIDSIG ')
}

test(
  'with --sign every file has a signature that GPG takes for good, and DIGESTS are a signed text',
  needs('gpg', 'gpg-agent'),
  async (t) => {
    const { layout, place, archives } = await finishedSdk(t)
    const { GNUPGHOME, key } = await gpgKey(t)
    const target = path.join(await temporary(t), 'up')
    const how = ['--sign', key, '--sign_digests', key, '--version', '1.0.0+a']
    const run = await cli([...place, ...how, '--upload', '--upload_path', `file://${target}`], {
      env: { GNUPGHOME },
    })
    assert.equal(run.exitCode, 0, run.stderr)
    const names = filesBelow(target)
    const plain = [...TARBALLS, ...PACKAGES]
    assert.deepEqual(
      names,
      [...plain, ...plain.map((name) => `${name}.sig`), `${RELEASE}.DIGESTS.asc`].sort(),
    )
    for (const name of plain) {
      const file = path.join(target, name)
      assert.ok(await verifies(t, GNUPGHOME, `${file}.sig`, file), name)
    }
    const text = path.join(target, `${RELEASE}.DIGESTS.asc`)
    assert.ok(await verifies(t, GNUPGHOME, text))
    const signed = await must({
      argv: ['gpg', '--batch', '--decrypt', text],
      env: toolEnvironment({ GNUPGHOME }),
    })
    assert.equal(signed, readFileSync(path.join(target, `${RELEASE}.DIGESTS`), 'utf8'))
    // The release's own signatures lie beside it too; those of another archive under its name do not stay.
    const beside = path.join(layout.builds, `${RELEASE}.sig`)
    assert.ok(existsSync(beside))
    rmSync(path.join(layout.builds, RELEASE))
    const again = await cli([...place, '--version', '1.0.0+a'])
    assert.equal(again.exitCode, 0, again.stderr)
    assert.equal(existsSync(beside), false)
    assert.equal(statSync(path.join(layout.builds, RELEASE)).ino, statSync(archives[3] ?? '').ino)
  },
)

test('a key that is not there is refused before anything is made', needs('gpg'), async (t) => {
  const { layout, place } = await finishedSdk(t)
  const GNUPGHOME = await temporary(t)
  const run = await cli([...place, '--version', '1.0.0+a', '--sign', 'nobody@sdk.example'], {
    env: { GNUPGHOME },
  })
  assert.equal(run.exitCode, 2, run.stderr)
  assert.match(run.stderr, /--sign: gpg has no secret key "nobody@sdk\.example" \[SDK_USAGE\]/)
  assert.equal(existsSync(layout.journal), false)
})

test(
  'a finished SDK is sent to an rsync daemon; what it refuses is an error, and the release stays',
  needs('rsync'),
  async (t) => {
    const { layout, place } = await finishedSdk(t)
    const { folder, port } = await rsyncDaemon(t)
    const upload = (root: string): ReturnType<typeof cli> =>
      cli([...place, '--version', '1.0.0+a', '--upload', '--upload_root', `rsync://127.0.0.1:${root}`])
    for (const attempt of ['first', 'second']) {
      const run = await upload(`${port}/up/deep/er`)
      assert.equal(run.exitCode, 0, `${attempt}: ${run.stderr}`)
      const target = path.join(folder, 'deep/er/sdk/amd64/1.0.0+a')
      assert.deepEqual(filesBelow(target), [...TARBALLS, ...PACKAGES].sort())
      for (const name of TARBALLS)
        assert.deepEqual(readFileSync(path.join(target, name)), readFileSync(path.join(layout.builds, name)))
      assert.deepEqual(readdirSync(folder), ['deep'])
    }
    for (const [where, said] of [
      [`${port}/readonly`, /read only/],
      [`${port}/nothing`, /Unknown module 'nothing'/],
      [`${await freePort()}/up`, /[Cc]onnection refused/],
    ] as const) {
      const run = await upload(where)
      assert.equal(run.exitCode, 8, run.stderr)
      assert.match(run.stderr, said)
      assert.match(run.stderr, /SDK_PUBLISH/)
    }
    assert.ok(existsSync(path.join(layout.builds, RELEASE)))
  },
)

test(
  'a finished SDK is sent over ssh, to a folder that is not there yet; a host that is not known is refused',
  needs('rsync', 'ssh', 'dropbear', 'unshare', 'python3'),
  async (t) => {
    const { layout, place } = await finishedSdk(t)
    const scratch = await temporary(t)
    const folder = path.join(scratch, 'srv')
    const before = [
      ...['unshare', '--mount', '--net', '--', path.resolve('tests/integration/ssh-loopback.sh'), scratch],
    ]
    const upload = (host: string): ReturnType<typeof cli> =>
      cli([...place, ...['--version', '1.0.0+a', '--upload', '--upload_root', `rsync://${host}:${folder}`]], {
        before,
      })
    const run = await upload('root@127.0.0.1')
    assert.equal(run.exitCode, 0, run.stderr)
    const target = path.join(folder, 'sdk/amd64/1.0.0+a')
    assert.deepEqual(filesBelow(target), [...TARBALLS, ...PACKAGES].sort())
    for (const name of TARBALLS)
      assert.deepEqual(readFileSync(path.join(target, name)), readFileSync(path.join(layout.builds, name)))
    const unknown = await upload('root@127.0.0.2')
    assert.equal(unknown.exitCode, 8, unknown.stderr)
    assert.match(unknown.stderr, /SDK_PUBLISH[\s\S]*Host key verification failed/)
  },
)

test('a run that makes no release publishes nothing, and says so', needs(), async (t) => {
  const { place } = await finishedSdk(t)
  const target = path.join(await temporary(t), 'up')
  const run = await cli([
    ...place,
    ...['--version', '1.0.0+a', 'stage1', '--upload', '--upload_path', `file://${target}`],
  ])
  assert.equal(run.exitCode, 0, run.stderr)
  assert.match(run.stderr, /warning: nothing is published/)
  assert.equal(existsSync(target), false)
})
