// Flatcar's job by ci/flatcar, all on loopback: the seed from a web server, the miniature SDK with Flatcar's layout, signed, uploaded to
// sshd (Debian's openssh-server) and to an S3 server (moto of PyPI, by rclone); stopped early where nothing has changed; failing
// in stage 3 with its logs delivered.
//
// Set-up: apt installs openssh-server and rclone, pip moto[s3], flask and flask-cors into a folder of its own.

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, must } from '../../src/process/run.js'
import { miniPlace, SKIP } from '../e2e/mini-place.js'
import { PROJECT } from '../e2e/run-command.js'
import { send, serve } from '../helpers/distfile-server.js'
import { provide } from '../helpers/provide.js'
import { startS3 } from '../helpers/s3-server.js'
import { freePort } from '../integration/publish-helpers.js'

const SEED = '0.9.0'
const ends: (() => Promise<unknown>)[] = []

/** The environment of this process, but for what it says of certificates to other clients. */
const environment = (more: Record<string, string>): Record<string, string> => ({
  ...(Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >),
  ...more,
})

describe("Flatcar's job", { skip: SKIP }, () => {
  const place = miniPlace()
  const at = (name: string): string => path.join(place.folder, name)
  const scripts = at('scripts')
  const third = path.join(scripts, 'sdk_container/src/third_party')
  const uploads = at('srv')
  let env: Record<string, string> = {}
  let wrap: string[] = []

  const git = (...words: string[]): Promise<string> =>
    must({ argv: ['git', '-C', scripts, '-c', 'user.name=ci', '-c', 'user.email=ci@sdk.example', ...words] })

  /** What Flatcar's CI does itself: commit and tag. */
  async function tag(name: string): Promise<void> {
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', `New version: ${name}`)
    await git('tag', name)
  }

  async function job(step: string, version: string, more: Record<string, string> = {}) {
    const words = [path.join(PROJECT, 'ci/flatcar'), step, version, '--jobs', '2']
    const argv = ['env', ...wrap, ...words] as [string, ...string[]]
    const { exitCode, stdout, stderr } = await capture({ argv, env: { ...env, ...more }, cwd: place.folder })
    return { exitCode, said: `${stdout}${stderr}` }
  }

  before(async () => {
    await provide('rclone')
    if (!existsSync('/usr/sbin/sshd'))
      await must({
        argv: ['apt-get', 'install', '--yes', '--no-install-recommends', 'openssh-server'],
        env: toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
      })
    layOut(place.sdk, third)
    mkdirSync(path.join(scripts, 'sdk_container/.repo/manifests'), { recursive: true })
    writeFileSync(
      path.join(scripts, 'sdk_container/.repo/manifests/version.txt'),
      `FLATCAR_VERSION_ID=1.0.0\nFLATCAR_SDK_VERSION=${SEED}\n`,
    )
    await git('init', '--quiet')
    const name = `flatcar-sdk-amd64-${SEED}.tar.zst`
    const sum = (await must({ argv: ['sha512sum', place.seed] })).split(' ')[0]
    const web = await serve({
      [`/sdk/amd64/${SEED}/${name}`]: send(readFileSync(place.seed)),
      [`/sdk/amd64/${SEED}/${name}.DIGESTS`]: send(Buffer.from(`# SHA512 HASH\n${sum}  ${name}\n`)),
    })
    ends.push(() => web.close())
    writeFileSync(path.join(scripts, 'settings.env'), `SETTING_BINPKG_SERVER_PROD="${web.url}"\n`)
    await tag('before')
    const t = { after: (end: unknown) => void ends.push(end as () => Promise<unknown>) }
    const s3 = await startS3(t as never, { folder: at('s3'), bucket: 'bucket-of-ci' })
    const { key, secret } = await secretKey(at('own-keys'))
    const home = at('home')
    mkdirSync(home)
    env = environment({
      ...{ PATH: `${PROJECT}:${process.env.PATH ?? ''}`, TMPDIR: at('work'), GNUPGHOME: '' },
      ...{
        SDK: place.sdk,
        SCRIPTS: scripts,
        ROOT: place.root,
        LOGS: at('logs'),
        CLEANUP: at('ci-cleanup.sh'),
      },
      ...{ SIGNER: key, SIGNING_KEY: secret, UPLOAD_ROOT: `rsync://buildcache:${uploads}` },
      ...{ DOWNLOAD_ROOT: `${s3}/bucket-of-ci/cache`, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      // The look of `check` has no login.
      ...{ RCLONE_S3_PROVIDER: 'Other', RCLONE_S3_ENDPOINT: s3, RCLONE_S3_ACL: 'public-read' },
    })
    const ssh = path.join(PROJECT, 'tests/nightly/flatcar-ssh.sh')
    wrap = ['unshare', '--mount', '--propagation', 'private', ssh, at('sshd'), String(await freePort())]
  })
  after(async () => {
    for (const end of ends.reverse()) await end()
  })

  const FIRST = 'main-1.0.0-nightly-20260101-2100'
  const folder = 'sdk/amd64/1.0.0+nightly-20260101-2100'

  test('builds from a seed of the web, signs, uploads by ssh, delivers its logs, and leaves no key', async () => {
    const { exitCode, said } = await job('all', FIRST)
    assert.equal(exitCode, 0, said)
    const release = 'flatcar-sdk-amd64-1.0.0+nightly-20260101-2100.tar.bz2'
    const there = readdirSync(path.join(uploads, folder))
    for (const suffix of ['', '.DIGESTS', '.CONTENTS.gz', '.record.json'])
      for (const each of [`${release}${suffix}`, `${release}${suffix}.sig`])
        assert.ok(there.includes(each), each)
    assert.ok(there.includes(`${release}.DIGESTS.asc`))
    const logs = readdirSync(path.join(uploads, 'build-logs/1.0.0+nightly-20260101-2100')).sort()
    assert.equal(logs.length, 5, logs.join())
    for (const file of [
      path.join(uploads, folder, release),
      path.join(uploads, 'build-logs/1.0.0+nightly-20260101-2100', logs[0] ?? ''),
    ])
      await verifies(at('own-keys'), file)
    // The keyring is gone, and the secret key is in no log.
    assert.deepEqual(
      readdirSync(at('work')).filter((each) => each.startsWith('tmp.')),
      [],
    )
    assert.doesNotMatch(said, /PRIVATE KEY/)
    assert.match(readFileSync(at('ci-cleanup.sh'), 'utf8'), /bootstrap_sdk clean /)
  })

  test('the step upload alone puts the same into S3', async () => {
    const { exitCode, said } = await job('upload', FIRST, { UPLOAD_ROOT: 's3://bucket-of-ci/cache' })
    assert.equal(exitCode, 0, said)
    const argv = ['rclone', 'lsf', '--recursive', '--files-only', ':s3:bucket-of-ci/cache'] as const
    const { AWS_CA_BUNDLE: _, ...clean } = env
    const listed = (await must({ argv, env: { ...clean, RCLONE_S3_ENV_AUTH: 'true' } }))
      .trim()
      .split('\n')
      .sort()
    const local = readdirSync(path.join(uploads, folder), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => path.relative(uploads, path.join(each.parentPath, each.name)))
    assert.deepEqual(listed, local.sort())
    const missing = await job('upload', FIRST, { UPLOAD_ROOT: 's3://no-such-bucket/cache' })
    assert.equal(missing.exitCode, 8, missing.said)
    assert.match(missing.said, /SDK_PUBLISH[\s\S]*NoSuchBucket/)
  })

  test('stops early where nothing has changed since the tag and its SDK is there', async () => {
    await tag(FIRST)
    const next = 'main-1.0.0-nightly-20260102-2100'
    const stopped = await job('all', next)
    assert.equal(stopped.exitCode, 0, stopped.said)
    assert.match(stopped.said, new RegExp(`nothing has changed since ${FIRST}, and its SDK is there`))
    assert.ok(!existsSync(path.join(place.root, 'log/flatcar-sdk/1.0.0+nightly-20260102-2100')))
    const asked = await job('check', next, { AVOID_NIGHTLY_BUILD_SHORTCUTS: 'true' })
    assert.equal(asked.exitCode, 1, asked.said)
    const elsewhere = await job('check', next, { DOWNLOAD_ROOT: `file://${at('nowhere')}` })
    assert.equal(elsewhere.exitCode, 1, elsewhere.said)
  })

  test('a build that fails in stage 3 ends as bootstrap_sdk does, uploads nothing, and delivers its logs', async () => {
    const alpha = path.join(third, 'portage-stable/app-misc/alpha/alpha-1.ebuild')
    const text = readFileSync(alpha, 'utf8')
    writeFileSync(
      alpha,
      text.replace('src_install() {', 'src_install() {\n\tuse build || use bootstrap || die "out of luck"'),
    )
    await tag('main-1.0.0-nightly-20260103-2000')
    const { exitCode, said } = await job('all', 'main-1.0.0-nightly-20260103-2100')
    assert.equal(exitCode, 5, said)
    assert.ok(!existsSync(path.join(uploads, 'sdk/amd64/1.0.0+nightly-20260103-2100')))
    const logs = path.join(uploads, 'build-logs/1.0.0+nightly-20260103-2100')
    const [bundle = ''] = readdirSync(logs).filter((each) => each.endsWith('.tar.xz'))
    await verifies(at('own-keys'), path.join(logs, bundle))
    const members = await must({ argv: ['tar', '-tf', path.join(logs, bundle)] })
    assert.match(members, /stage3\/packages\/.*alpha/)
    assert.match(members, /journal\.jsonl/)
  })
})

/** The miniature definition with the layout of Flatcar's checkout, whose repos move to `third`. */
function layOut(sdk: string, third: string): void {
  mkdirSync(third, { recursive: true })
  cpSync(path.join(sdk, 'repos/main'), path.join(third, 'portage-stable'), { recursive: true })
  cpSync(path.join(sdk, 'repos/overlay'), path.join(third, 'coreos-overlay'), { recursive: true })
  renameSync(path.join(sdk, 'repos'), path.join(sdk, 'repos.of-the-seed'))
  const file = path.join(sdk, 'sdk.toml')
  const text = readFileSync(file, 'utf8')
    .replace(
      'type = "mini-sdk"\nversion_id = "1.0.0"',
      'type = "flatcar-sdk"\nversion_file = "{scripts}/sdk_container/.repo/manifests/version.txt"\ncompression = "bz2"',
    )
    .replace('path = "repos/main"', 'path = "{scripts}/sdk_container/src/third_party/portage-stable"')
    .replace('path = "repos/overlay"', 'path = "{scripts}/sdk_container/src/third_party/coreos-overlay"')
    .replace('[stage1]\n', '[stage1]\nrepos = "checkout"\n')
  const seed = `\n[seed]\nos_release_id = "flatcar"\nsettings_file = "{scripts}/settings.env"\nurls = ["{SETTING_BINPKG_SERVER_PROD}/sdk/{arch}/{version}/{type}-{arch}-{version}.tar.zst"]\n`
  writeFileSync(file, `${text}${seed}`)
}

/** A key that signs, and its secret in base64. */
async function secretKey(folder: string): Promise<{ key: string; secret: string }> {
  mkdirSync(folder, { mode: 0o700 })
  const key = 'buildbot@sdk.example'
  const env = toolEnvironment({ GNUPGHOME: folder })
  await must({
    argv: ['gpg', '--batch', '--passphrase', '', '--quick-generate-key', key, 'ed25519', 'sign', 'never'],
    env,
  })
  const armored = await must({ argv: ['gpg', '--batch', '--armor', '--export-secret-keys', key], env })
  ends.push(() => capture({ argv: ['gpgconf', '--kill', 'all'], env }))
  return { key, secret: Buffer.from(armored).toString('base64').replaceAll('\n', '') }
}

async function verifies(GNUPGHOME: string, file: string): Promise<void> {
  const argv = ['gpg', '--batch', '--status-fd', '1', '--verify', `${file}.sig`, file] as const
  assert.match(await must({ argv, env: toolEnvironment({ GNUPGHOME }) }), /VALIDSIG/)
}
