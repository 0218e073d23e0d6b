// ci/flatcar on an SDK that is finished: each step, and what it does after failures.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, must } from '../../src/process/run.js'
import { MAIN } from '../helpers/program.js'
import { finishedSdk, gpgKey, needs } from './publish-helpers.js'
import { temporary } from './store-helpers.js'

const PROJECT = path.resolve(import.meta.dirname, '../../..')
const TAG = 'main-1.0.0-a'
const VERSION = '1.0.0+a'
const RELEASE = `test-sdk-amd64-${VERSION}.tar.zst`

/** A checkout, a finished SDK, and the job as a CI calls it. */
async function ci(t: TestContext) {
  const { layout, place, folder } = await finishedSdk(t)
  const base = await temporary(t)
  const at = (name: string): string => path.join(base, name)
  for (const name of ['bin', 'scripts', 'tmp']) mkdirSync(at(name))
  writeFileSync(at('bin/bootstrap_sdk'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, {
    mode: 0o755,
  })
  // Something that is the checkout's.
  const definition = path.join(place[1] ?? '', 'sdk.toml')
  const text = readFileSync(definition, 'utf8')
  writeFileSync(
    definition,
    text.replace('format = 1\n', 'format = 1\nportage_confdir = "{scripts}/portage"\n'),
  )
  mkdirSync(at('scripts/portage'))
  writeFileSync(at('scripts/portage/package.use'), '')
  const git = (...words: string[]): void =>
    void execFileSync('git', [
      '-C',
      at('scripts'),
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b.example',
      ...words,
    ])
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'x')
  const { GNUPGHOME, key } = await gpgKey(t)
  const secret = await must({
    argv: ['gpg', '--batch', '--armor', '--export-secret-keys', key],
    env: toolEnvironment({ GNUPGHOME }),
  })
  const env = toolEnvironment({
    ...{ PATH: `${at('bin')}:${process.env.PATH ?? ''}`, TMPDIR: at('tmp'), HOME: base },
    ...{
      SDK: place[1] ?? '',
      SCRIPTS: at('scripts'),
      ROOT: layout.root,
      TYPE: 'test-sdk',
      COMPRESSION: 'zst',
    },
    ...{ LOGS: at('logs'), CLEANUP: at('ci-cleanup.sh'), UPLOAD_ROOT: `file://${at('up')}` },
    ...{
      DOWNLOAD_ROOT: `file://${at('up')}`,
      SIGNER: key,
      SIGNING_KEY: Buffer.from(secret).toString('base64'),
    },
  })
  const job = (words: readonly string[], more: Record<string, string> = {}) =>
    capture({ argv: [path.join(PROJECT, 'ci/flatcar'), ...words], env: { ...env, ...more }, cwd: base })
  const verifies = (file: string): Promise<string> =>
    must({ argv: ['gpg', '--batch', '--verify', `${file}.sig`, file], env: toolEnvironment({ GNUPGHOME }) })
  return { at, git, job, verifies, layout, folder }
}

test(
  'the whole job: signed, uploaded, its logs too; no key is left; the second time nothing is to be done',
  needs('gpg', 'git', 'curl'),
  async (t) => {
    const { at, git, job, verifies, layout } = await ci(t)
    const first = await job(['all', TAG])
    assert.equal(first.exitCode, 0, first.stderr + first.stdout)
    const folder = at(`up/sdk/amd64/${VERSION}`)
    for (const suffix of ['', '.DIGESTS', '.CONTENTS.gz', '.record.json'])
      await verifies(path.join(folder, `${RELEASE}${suffix}`))
    assert.ok(existsSync(path.join(folder, `${RELEASE}.DIGESTS.asc`)))
    const logs = at(`up/build-logs/${VERSION}`)
    const names = readdirSync(logs).sort()
    assert.deepEqual(
      names.map((name) => name.replace(/^sdk-bootstrap-logs-amd64-[-0-9]+/, '')),
      ['.tar.xz', '.tar.xz.DIGESTS', '.tar.xz.DIGESTS.asc', '.tar.xz.DIGESTS.sig', '.tar.xz.sig'],
    )
    await verifies(path.join(logs, names[0] ?? ''))
    assert.match(await must({ argv: ['tar', '-tf', path.join(logs, names[0] ?? '')] }), /journal\.jsonl/)
    await must({ argv: ['bash', '-c', 'grep -v "^#" "$0"/*.DIGESTS | (cd "$0" && sha512sum --check)', logs] })
    // Nothing of the key: not the keyring, not in what was said or kept.
    assert.deepEqual(readdirSync(at('tmp')), [])
    assert.equal(
      (await capture({ argv: ['grep', '-rl', 'PRIVATE KEY', layout.root, at('logs')] })).stdout,
      '',
    )
    assert.match(readFileSync(at('ci-cleanup.sh'), 'utf8'), /^bootstrap_sdk clean --sdk /m)
    // The CI tags what it has built. As long as nothing changes and the SDK is there, there is nothing to do.
    git('tag', TAG)
    const again = await job(['all', 'main-1.0.0-b'])
    assert.equal(again.exitCode, 0, again.stderr)
    assert.match(again.stderr, /nothing has changed since main-1\.0\.0-a, and its SDK is there/)
    assert.ok(!existsSync(path.join(layout.root, 'log/test-sdk/1.0.0+b')))
    for (const [what, more] of [
      ['asked not to', { AVOID_NIGHTLY_BUILD_SHORTCUTS: 'true' }],
      ['nowhere to look', { DOWNLOAD_ROOT: '' }],
      ['not there', { DOWNLOAD_ROOT: `file://${at('nowhere')}` }],
    ] as const)
      assert.equal((await job(['check', 'main-1.0.0-b'], more)).exitCode, 1, what)
    // Tags of another channel say nothing.
    assert.equal((await job(['check', 'alpha-1.0.0-b'])).exitCode, 1)
    writeFileSync(at('scripts/new'), '')
    assert.equal((await job(['check', 'main-1.0.0-b'])).exitCode, 1, 'a file that is not committed')
    git('add', 'new')
    git('commit', '--quiet', '--message', 'y')
    assert.equal((await job(['check', 'main-1.0.0-b'])).exitCode, 1, 'a commit')
  },
)

test(
  'a build that fails ends the job with its code, uploads no SDK, and delivers its logs, signed',
  needs('gpg', 'git', 'curl'),
  async (t) => {
    const { at, job, verifies } = await ci(t)
    writeFileSync(at('bad-seed.tar'), 'no tarball')
    const run = await job(['all', 'main-1.0.0-c', '--seed_tarball', at('bad-seed.tar')])
    assert.equal(run.exitCode, 4, run.stderr + run.stdout)
    assert.ok(!existsSync(at('up/sdk')))
    const logs = at('up/build-logs/1.0.0+c')
    const [bundle = ''] = readdirSync(logs).filter((name) => name.endsWith('.tar.xz'))
    await verifies(path.join(logs, bundle))
    // Also where the command line cannot be read.
    rmSync(at('up'), { recursive: true })
    const none = await job(['all', 'main-1.0.0-d', '--no_such_option'])
    assert.equal(none.exitCode, 2, none.stderr + none.stdout)
    const [said = ''] = readdirSync(at('up/build-logs/1.0.0+d')).filter((name) => name.endsWith('.tar.xz'))
    const bundled = path.join(at('up/build-logs/1.0.0+d'), said)
    const failure = await must({ argv: ['tar', '-xOf', bundled, '--wildcards', '*/failure.json'] })
    assert.match(failure, /no_such_option/)
    // Logs that cannot be delivered are no success either, and the build's own code counts more.
    const lost = await job(['all', 'main-1.0.0-e', '--no_such_option'], {
      UPLOAD_ROOT: 'file:///proc/nowhere',
    })
    assert.equal(lost.exitCode, 2, lost.stderr)
    assert.match(lost.stderr, /the logs were not delivered/)
    assert.deepEqual(readdirSync(at('tmp')), [])
  },
)

test(
  'steps alone, without a key and without a place; words that are none',
  needs('gpg', 'git', 'curl'),
  async (t) => {
    const { at, job, verifies, layout } = await ci(t)
    const bare = { SIGNER: '', SIGNING_KEY: '', UPLOAD_ROOT: '' }
    const unbuilt = await job(['upload', 'main-1.0.0-z'])
    assert.equal(unbuilt.exitCode, 4, unbuilt.stderr)
    assert.match(unbuilt.stderr, /1\.0\.0\+z is not built/)
    const built = await job(['build', TAG], bare)
    assert.equal(built.exitCode, 0, built.stderr + built.stdout)
    assert.ok(!existsSync(at('up')))
    const unsigned = await job(['upload', TAG], { ...bare, UPLOAD_ROOT: `file://${at('up')}` })
    assert.equal(unsigned.exitCode, 0, unsigned.stderr)
    const there = readdirSync(at(`up/sdk/amd64/${VERSION}`))
    assert.ok(there.includes(`${RELEASE}.DIGESTS`) && !there.includes(`${RELEASE}.sig`), there.join())
    const signed = await job(['sign', TAG])
    assert.equal(signed.exitCode, 0, signed.stderr)
    await verifies(path.join(layout.builds, RELEASE))
    for (const words of [
      [],
      ['all'],
      ['frob', TAG],
      ['all', '1.0.0'],
      ['all', 'main-1.0'],
      ['all', 'main-1.0.0-a;reboot#'],
    ])
      assert.ok([2, 4, 5].includes((await job(words)).exitCode ?? 0), words.join(' '))
  },
)
