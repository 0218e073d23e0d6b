// plan --matrix by the real command: the jobs of a fleet, with the keys that plan says.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { createLayout } from '../../src/store/layout.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

const STAGES = ['stage1', 'stage2', 'stage3', 'stage4']

test('the jobs of a fleet have the keys that a plan says, whatever is finished, and words that say all', async (t) => {
  const { folder, place, layout } = await ground(t)
  const seed = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
  mkdirSync(path.join(folder, 'test/repo/profiles/other'))
  const fleet = path.join(folder, 'fleet.toml')
  writeFileSync(
    fleet,
    `format = 1
[needs]
cores = 3
minutes = { stage2 = 7 }
[labels]
amd64 = ["fast"]
[[builds]]
sdk = "test"
archs = ["amd64"]
profiles = ["sdk", "other"]
seed_tarball = "seed.tar.gz"
`,
  )
  const root = layout.root
  const common = ['--catalyst_root', root, '--jobs', '5']
  const version = ['--version', '1.0.0+b']
  const planned = await cli([
    'plan',
    '--json',
    ...place,
    ...common,
    '--seed_tarball',
    seed,
    '--version',
    '1.0.0+b.sdk',
  ])
  assert.equal(planned.exitCode, 0, planned.stderr)
  const keys = JSON.parse(planned.stdout).stages.map((each: { key: string }) => each.key)
  await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't'), 'one') })
  const told = await cli(['plan', '--matrix', 'buildbot', '--fleet', fleet, ...common, ...version], {
    cwd: folder,
  })
  assert.equal(told.exitCode, 0, told.stderr)
  const { jobs, retry } = JSON.parse(told.stdout)
  assert.deepEqual(retry, { worth: [6, 75, 137, 143], never: [2, 4, 5, 7] })
  assert.equal(jobs.length, 8)
  assert.deepEqual(
    jobs.slice(0, 4).map((job: { key: string }) => job.key),
    keys,
  )
  assert.equal(new Set(jobs.map((job: { key: string }) => job.key)).size, 8)
  assert.deepEqual(
    jobs.slice(4).map((job: { id: string; needs: string[] }) => [job.id, job.needs.join()]),
    STAGES.map((stage, index) => [
      `test-amd64-other-${stage}`,
      index === 0 ? '' : `test-amd64-other-stage${index}`,
    ]),
  )
  const { command, ...second } = jobs[1]
  assert.deepEqual(second, {
    ...{
      id: 'test-amd64-sdk-stage2',
      key: keys[1],
      needs: ['test-amd64-sdk-stage1'],
      sdk: 'test',
      arch: 'amd64',
    },
    ...{
      profile: 'main-repo:sdk',
      version: '1.0.0+b.sdk',
      stage: 'stage2',
      cores: 3,
      memory: null,
      disk: null,
    },
    ...{ minutes: 7, labels: ['fast'] },
  })
  // What stage 1 took here.
  assert.equal(typeof jobs[0].minutes, 'number')
  // Each command is one that the program takes, and means that very stage.
  assert.ok(command.includes('./test') && command.includes('./cr'), command.join(' '))
  // Where the stage before it is finished, that is what it is built upon, as the key says, and not the seed of the chain.
  const chain = createLayout({ ...layout, version: '1.0.0+b.sdk' })
  const { archive } = await finishStage(chain, 'stage1', {
    tree: smallTree(path.join(folder, 't2'), 'two'),
    seed: createHash('sha256').update(readFileSync(seed)).digest('hex'),
  })
  const again = await cli(['plan', '--json', ...command.slice(1)], { cwd: folder })
  assert.equal(again.exitCode, 0, again.stderr)
  assert.equal(JSON.parse(again.stdout).version.text, '1.0.0+b.sdk')
  assert.equal(JSON.parse(again.stdout).stages[0].seed?.path, archive)
  assert.deepEqual(command.slice(0, 2), ['bootstrap_sdk', 'stage2'])
  assert.ok(!existsSync(path.join(root, 'work')))
  // With a store the machine of a job need not have what the jobs before it made: it asks for that, too.
  const shared = await cli(['plan', '--matrix', 'buildbot', '--fleet', fleet, ...common, ...version], {
    cwd: folder,
    env: { BOOTSTRAP_SDK_STORE: 'oci://127.0.0.1:1/sdk/store' },
  })
  assert.equal(shared.exitCode, 0, shared.stderr)
  const [, , third] = JSON.parse(shared.stdout).jobs
  assert.deepEqual(third.command.slice(0, 5), ['bootstrap_sdk', ...STAGES.slice(0, 3), '--sdk'])
  assert.match(third.command.join(' '), / --store_take needed /)
  assert.ok(!command.includes('--store_take'))
})

test('a chain begins with its seed, and none of its stages is left without what it is built upon', async (t) => {
  const { folder, place } = await ground(t)
  const seed = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
  const version = ['--version', '1.0.0+c', '--seed_tarball', seed]
  const matrix = (...words: string[]) => cli(['plan', '--matrix', 'buildbot', ...place, ...words])
  // Stage 3 upon a seed of its own, in the very stage that its command asks for.
  const later = await matrix(...version, 'stage3', 'stage4')
  assert.equal(later.exitCode, 0, later.stderr)
  const plan = JSON.parse((await cli(['plan', '--json', ...place, ...version, 'stage3', 'stage4'])).stdout)
  assert.deepEqual(
    JSON.parse(later.stdout).jobs.map((job: { key: string }) => job.key),
    plan.stages.map((stage: { key: string }) => stage.key),
  )
  const gap = await matrix(...version, 'stage1', 'stage3')
  assert.equal(gap.exitCode, 4, gap.stdout)
  assert.match(gap.stderr, /test: stage3 needs stage2 of version 1\.0\.0\+c, which no job builds/)
})

test('what is of one plan is refused beside --matrix; a fleet that is no TOML names its own page', async (t) => {
  const { folder, place } = await ground(t)
  const file = path.join(folder, 'fleet.toml')
  writeFileSync(file, 'garbage [')
  for (const [words, message] of [
    [['--packages'], /--packages and --write_specs are of the plan of one build/],
    [
      ['--write_specs', path.join(folder, 'out')],
      /--packages and --write_specs are of the plan of one build/,
    ],
    [['--fleet', file], /fleet\.toml:1:\d+: not valid TOML[^\n]*\n {2}docs\/fleet\.md describes every key/],
  ] as const) {
    const { exitCode, stderr } = await cli(['plan', '--matrix', 'github', ...place, ...words])
    assert.equal(exitCode, 2, stderr)
    assert.match(stderr, message)
  }
  assert.ok(!existsSync(path.join(folder, 'out')))
})

test('without a fleet the jobs are those of the command; what does not fit is refused', async (t) => {
  const { folder, place } = await ground(t)
  const seed = path.join(folder, 'seed.tar.gz')
  execFileSync('tar', ['-C', folder, '-czf', seed, 'test'])
  const own = await cli(['plan', 'stage2', '--matrix', 'gitlab', '--json', ...place, '--seed_tarball', seed])
  assert.equal(own.exitCode, 0, own.stderr)
  assert.deepEqual(
    JSON.parse(own.stdout).jobs.map(({ id, needs }: { id: string; needs: string[] }) => [id, needs]),
    [['test-amd64-sdk-stage2', []]],
  )
  // A root below the folder of the call: relative for who starts jobs in a checkout, absolute where Argo mounts it.
  const below = async (engine: string): Promise<string> => {
    const words = ['plan', 'stage2', '--matrix', engine, '--sdk', 'test', '--seed_tarball', seed]
    const { exitCode, stdout, stderr } = await cli([...words, '--catalyst_root', 'below'], { cwd: folder })
    assert.equal(exitCode, 0, stderr)
    return stdout
  }
  const [{ command }] = JSON.parse(await below('buildbot')).jobs
  assert.equal(command[command.indexOf('--catalyst_root') + 1], './below')
  const { container } = JSON.parse(await below('argo')).spec.templates[1]
  assert.equal(container.volumeMounts[0].mountPath, path.join(folder, 'below'))
  assert.equal(container.args[container.args.indexOf('--catalyst_root') + 1], path.join(folder, 'below'))
  const fleet = path.join(folder, 'fleet.toml')
  const refused = async (builds: string, words: readonly string[] = ['--matrix', 'argo']) => {
    writeFileSync(fleet, `format = 1\n${builds}`)
    const { exitCode, stderr } = await cli(['plan', ...words, '--fleet', fleet])
    assert.equal(exitCode, 2, stderr)
    return stderr
  }
  const build = `[[builds]]\nsdk = "test"\nseed_tarball = "seed.tar.gz"\n`
  assert.match(
    await refused(`${build}archs = ["arm64"]\n`),
    /arch: expected arm64, as the fleet has it, found amd64/,
  )
  assert.match(await refused(build + build), /expected each chain once, found test-amd64-sdk-stage1 twice/)
  assert.match(await refused(build, []), /--fleet needs --matrix/)
  assert.match(await refused(`${build}profiles = ["nowhere"]\n`), /there is no profile main-repo:nowhere/)
  assert.match(await refused(build, ['--matrix', 'cron']), /--matrix/)
  const mirror = ['--matrix', 'github', '--mirror', 'gentoo=https://me:planted@mirror.invalid']
  const login = await refused(build, mirror)
  assert.match(login, /--mirror: expected an address without a login/)
  assert.ok(!login.includes('planted'))
})
