// A definition that is built from a checkout, and what the environment has to say: the real command, as a maintainer of
// such a checkout calls it.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { must } from '../../src/process/run.js'
import { temporary } from './store-helpers.js'
import { cli, smallTree } from './verbs-helpers.js'

const DEFINITION = `format = 1
name = "test"
type = "test-sdk"
version_file = "{scripts}/manifests/version.txt"
arch = "amd64"
chost = "x86_64-pc-linux-gnu"
profile = "overlay:sdk"
[[repos]]
name = "main-repo"
path = "{scripts}/main-repo"
archive = "/var/gentoo/repos/main-repo"
main = true
[[repos]]
name = "overlay"
path = "{scripts}/overlay"
archive = "/var/gentoo/repos/overlay"
`

const TODAY = /^2783\.0\.0\+20\d\d-\d\d-\d\d-\d{4}$/

interface Checkout {
  readonly folder: string
  readonly scripts: string
  /** Options of a call, without `--scripts`. */
  readonly place: readonly string[]
}

async function checkout(t: TestContext, versionFile = 'FLATCAR_VERSION_ID=2783.0.0\n'): Promise<Checkout> {
  const folder = await temporary(t)
  const scripts = path.join(folder, 'scripts')
  for (const [repo, profile] of [
    ['main-repo', 'base'],
    ['overlay', 'sdk'],
  ] as const) {
    mkdirSync(path.join(scripts, repo, 'profiles', profile), { recursive: true })
    writeFileSync(path.join(scripts, repo, 'profiles/repo_name'), `${repo}\n`)
  }
  mkdirSync(path.join(scripts, 'manifests'))
  writeFileSync(path.join(scripts, 'manifests/version.txt'), versionFile)
  mkdirSync(path.join(folder, 'sdk'))
  writeFileSync(path.join(folder, 'sdk/sdk.toml'), DEFINITION)
  const seed = path.join(folder, 'seed.tar')
  await must({ argv: ['tar', '-C', smallTree(path.join(folder, 'seed'), 'x'), '-cf', seed, '.'] })
  const place = ['--sdk', path.join(folder, 'sdk'), '--catalyst_root', path.join(folder, 'cr')]
  return { folder, scripts, place: [...place, '--seed_tarball', seed] }
}

interface Planned {
  version: { text: string; isNew: boolean }
  jobs: number
  repos: { name: string; source: string }[]
  stages: { stage: string; archive: string }[]
}

async function plan(
  { scripts, place }: Checkout,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Planned> {
  const ended = await cli(['plan', '--json', ...place, '--scripts', scripts, ...args], { env })
  assert.equal(ended.exitCode, 0, ended.stderr)
  return JSON.parse(ended.stdout) as Planned
}

test('the repos and the version come from the checkout; the time is the build id, and in every name', async (t) => {
  const ground = await checkout(t)
  const { repos, version, stages } = await plan(ground)
  assert.deepEqual(
    repos.map(({ source }) => source),
    [path.join(ground.scripts, 'main-repo'), path.join(ground.scripts, 'overlay')],
  )
  assert.match(version.text, TODAY)
  assert.equal(version.isNew, true)
  for (const { stage, archive } of stages)
    assert.match(
      path.basename(archive),
      new RegExp(`^${stage}-amd64-${version.text.replace('+', '\\+')}\\.tar`),
    )
})

test('the build id of the environment, of the file, an official version, a given one', async (t) => {
  const withId = 'FLATCAR_VERSION_ID=2783.0.0\nFLATCAR_BUILD_ID="nightly-20210226-2100"\n'
  const [bare, named] = [await checkout(t), await checkout(t, withId)]
  const stamp = async (...given: Parameters<typeof plan>): Promise<string> =>
    (await plan(...given)).version.text
  assert.equal(await stamp(named), '2783.0.0+nightly-20210226-2100')
  assert.equal(await stamp(named, [], { FLATCAR_BUILD_ID: 'nightly-x' }), '2783.0.0+nightly-x')
  assert.match(await stamp(bare, [], { FLATCAR_BUILD_ID: '' }), TODAY)
  assert.equal(await stamp(named, [], { COREOS_OFFICIAL: '1', FLATCAR_BUILD_ID: 'x' }), '2783.0.0')
  assert.match(await stamp(bare, [], { COREOS_OFFICIAL: '0' }), TODAY)
  assert.equal(await stamp(bare, ['--vers', '1.0+2021-02-26-1321']), '1.0+2021-02-26-1321')
  const wrong = await cli(['plan', ...bare.place, '--scripts', bare.scripts], {
    env: { FLATCAR_BUILD_ID: 'a b' },
  })
  assert.equal(wrong.exitCode, 2)
  assert.match(wrong.stderr, /error: FLATCAR_BUILD_ID: "2783\.0\.0\+a b" is not a version/)
})

test('NUM_JOBS is a number, or means the number of CPUs', async (t) => {
  const ground = await checkout(t)
  for (const [text, jobs] of [
    ['0', availableParallelism()],
    ['abc', availableParallelism()],
    ['7', 7],
  ] as const)
    assert.equal((await plan(ground, [], { NUM_JOBS: text })).jobs, jobs, text)
})

test('FORCE_STAGES stands for the stages on the line', async (t) => {
  const ground = await checkout(t)
  const { stages } = await plan(ground, ['stage4'], { FORCE_STAGES: 'stage2  stage1' })
  assert.deepEqual(
    stages.map(({ stage }) => stage),
    ['stage1', 'stage2'],
  )
})

test('without the checkout, without its version file, with a bad one: what is wrong and what to do', async (t) => {
  const ground = await checkout(t, 'FLATCAR_VERSION_ID=2783.0.0-x\n')
  const none = await cli(['plan', ...ground.place])
  assert.equal(none.exitCode, 2)
  assert.match(none.stderr, /\{scripts\} in version_file.*main-repo[\s\S]*--scripts DIR/)
  const bad = await cli(['plan', ...ground.place, '--scripts', ground.scripts])
  assert.equal(bad.exitCode, 2)
  assert.match(bad.stderr, /version\.txt:1:1: FLATCAR_VERSION_ID: expected numbers joined by dots/)
  const other = await cli(['plan', ...ground.place, '--scripts', path.join(ground.folder, 'sdk')])
  assert.equal(other.exitCode, 2)
  assert.match(other.stderr, /version_file: expected a file, found none at .*\/manifests\/version\.txt/)
  assert.equal(existsSync(path.join(ground.folder, 'cr')), false)
})

test('the verbs that look need no checkout', async (t) => {
  const ground = await checkout(t)
  const [, sdk = '', , root = ''] = ground.place
  for (const verb of ['status', 'clean']) {
    const ended = await cli([verb, '--sdk', sdk, '--catalyst_root', root])
    assert.equal(ended.exitCode, verb === 'clean' && process.getuid?.() !== 0 ? 3 : 0, ended.stderr)
  }
})

test('plan says where the release would be published, and by whom it would be signed', async (t) => {
  const ground = await checkout(t)
  const how = ['--upload', '--sign', 'a@sdk.example', '--version', '1.0']
  const env = { FLATCAR_UPLOAD_ROOT: 'rsync://mirror.example/up/' }
  const { publish } = (await plan(ground, how, env)) as Planned & { publish: unknown }
  assert.deepEqual(publish, {
    target: 'rsync://mirror.example/up/sdk/amd64/1.0',
    output: null,
    sign: 'a@sdk.example',
    signDigests: null,
  })
  const quiet = (await plan(ground, [], { FLATCAR_UPLOAD_ROOT: 'ftp://b' })) as Planned & { publish: unknown }
  assert.equal(quiet.publish, null)
})
