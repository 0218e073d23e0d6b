import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { type SdkDefinition, stageBefore } from '../../../../src/sdk/definition.js'
import { loadDefinition } from '../../../../src/sdk/read/load.js'
import { parseVersion } from '../../../../src/sdk/version.js'
import { fillIn, planRelease } from '../../../../src/stage/finish/root-overlay.js'
import { renderArguments } from '../../../../src/stage/plan/arguments.js'
import { stageEnvironment } from '../../../../src/stage/plan/environment.js'
import { stageSandbox } from '../../../../src/stage/plan/mounts.js'
import { packageKey } from '../../../../src/stage/plan/package-key.js'
import {
  enterCommand,
  planStage,
  profileOf,
  type RunSettings,
  type StagePlan,
} from '../../../../src/stage/plan/plan.js'
import { workPaths } from '../../../../src/stage/run/work.js'
import { createLayout } from '../../../../src/store/layout.js'
import { MAKERS } from '../../../helpers/tiny-plan.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../../..')
const SEED = { path: '/seeds/seed.tar.zst', sha256: 'a'.repeat(64) }

async function settings(change: Partial<RunSettings> = {}): Promise<RunSettings & { firstSeed: string }> {
  const definition = await loadDefinition('embedded', path.join(PROJECT, 'sdks'))
  const version = parseVersion('1.0.0+x')
  const layout = createLayout({
    root: '/r',
    type: definition.type,
    arch: definition.arch,
    version: version.text,
  })
  const repos = definition.repos.map((repo) => ({
    ...repo,
    source: repo.path,
    path: `/snap/${repo.name}`,
    digest: 'd',
    shared: 'f',
  }))
  const { profile, compression } = definition
  return {
    definition,
    version,
    layout,
    profile,
    compression,
    runner: 'native',
    jobs: 3,
    memoryBytes: undefined,
    compilerCache: undefined,
    again: () => [],
    epoch: 0,
    makers: MAKERS,
    definitionSha256: 'd'.repeat(64),
    repos,
    firstSeed: SEED.sha256,
    ...change,
  }
}

const plan = async (stage: StagePlan['stage'], change: Partial<RunSettings> = {}): Promise<StagePlan> =>
  planStage(stage, SEED, await settings(change))

test('stage 1 takes the repos of its seed, the others the checkout’s', async () => {
  assert.equal((await plan('stage1')).reposFrom, 'seed')
  for (const stage of ['stage2', 'stage3', 'stage4'] as const)
    assert.equal((await plan(stage)).reposFrom, 'checkout')
})

test('the command that enters a failed root has the words of the request', async () => {
  const own = await plan('stage2', {
    again: (verb = '', ...words) => [verb, ...words, '--version', '1.0.0+x'],
  })
  assert.equal(enterCommand(own), 'bootstrap_sdk enter stage2 --version 1.0.0+x')
})

test('only stage 1 keeps what stage 4 will carry', async () => {
  const [first, fourth] = [await plan('stage1'), await plan('stage4')]
  assert.deepEqual(first.carryLater, fourth.carry)
  assert.deepEqual(fourth.carryLater, [])
})

test('catalyst’s last stage, which updates @system first, holds what the stage before it carried', async () => {
  const third = await plan('stage3', { runner: 'catalyst' })
  const held = (lines: string): string[] => lines.split('\n').filter((line) => line.startsWith('hold='))
  assert.ok(third.carry.length > 0)
  assert.deepEqual(
    held(renderArguments(await plan('stage4', { runner: 'catalyst' }))),
    third.carry.map((glob) => `hold=${glob}`),
  )
  assert.deepEqual(held(renderArguments(third)), [])
  assert.deepEqual(held(renderArguments(await plan('stage4'))), [])
})

test('arguments are lines of name=value, one for each value, and none of them holds a line break', async () => {
  for (const stage of ['stage1', 'stage2', 'stage3', 'stage4'] as const) {
    const lines = renderArguments(await plan(stage))
      .trimEnd()
      .split('\n')
    assert.deepEqual(
      lines.filter((line) => !/^[a-z0-9_.-]+=\S.*$/.test(line)),
      [],
    )
    assert.ok(lines.includes(`stage_root=/tmp/${stage}root`))
    assert.ok(lines.includes('jobs=3') && lines.includes('load=6'))
  }
  assert.match(
    renderArguments(await plan('stage4')),
    /^cross\.aarch64-cros-linux-gnu=cross-aarch64-cros-linux-gnu\/binutils$/m,
  )
})

test('7 jobs: packages and processes of one make at once, and none begins while the load is above 14', async () => {
  for (const stage of ['stage1', 'stage4'] as const) {
    const seven = await plan(stage, { jobs: 7 })
    assert.equal(stageEnvironment(seven).MAKEOPTS, '-j7 --load-average=14')
    const lines = renderArguments(seven).split('\n')
    assert.ok(lines.includes('jobs=7') && lines.includes('load=14'))
  }
})

test('the seed is "/", read-only; a later stage gets a clone, and everything it needs below that', async () => {
  const work = workPaths('/r/attempt')
  const spec = stageSandbox(await plan('stage2'), work, ['/l/top', '/l/base'])
  assert.deepEqual(spec.root, { kind: 'layers', layers: ['/l/top', '/l/base'] })
  assert.equal(spec.network, 'off')
  const clone = spec.mounts.find((mount) => mount.kind === 'overlay')
  assert.deepEqual(clone, {
    kind: 'overlay',
    layers: ['/l/top', '/l/base'],
    upper: work.root,
    work: work.ovl,
    target: '/tmp/stage2root',
  })
  for (const repo of (await settings()).repos) {
    const mount = spec.mounts.find((each) => each.target === `/tmp/stage2root${repo.archive}`)
    assert.deepEqual(mount, {
      kind: 'bind',
      source: repo.path,
      target: `/tmp/stage2root${repo.archive}`,
      readOnly: true,
    })
  }
})

test('stage 1 mounts no repo at all', async () => {
  const { repos } = await settings()
  const spec = stageSandbox(await plan('stage1'), workPaths('/r/attempt'), ['/l/base'])
  for (const repo of repos) assert.ok(!spec.mounts.some((mount) => mount.target.endsWith(repo.archive)))
})

test('the key of binary packages changes with seed, time of the build, flags and profile, not with the number of jobs', async () => {
  const key = packageKey(await plan('stage3'))
  assert.equal(packageKey(await plan('stage3', { jobs: 7 })), key)
  const { definition } = await settings()
  assert.notEqual(packageKey(await plan('stage3', { definition: { ...definition, cflags: '-O3' } })), key)
  assert.notEqual(packageKey(await plan('stage3', { profile: 'coreos-overlay:coreos/amd64/sdk' })), key)
  assert.notEqual(packageKey(await plan('stage3', { epoch: 1 })), key)
  const other = planStage('stage3', { ...SEED, sha256: 'b'.repeat(64) }, await settings())
  assert.notEqual(packageKey(other), key)
})

test('the profile lies in its repo, or in the main one', async () => {
  assert.deepEqual(profileOf(await plan('stage2')), {
    location: '/var/gentoo/repos/coreos-overlay',
    path: 'coreos/amd64/sdk/quick',
  })
})

test('the stages follow one another, also where the definition leaves one out', async () => {
  const { definition } = await settings()
  assert.equal(stageBefore(definition, 'stage1'), undefined)
  assert.equal(stageBefore(definition, 'stage3'), 'stage2')
  const three = { ...definition, stages: ['stage1', 'stage3', 'stage4'] } as const
  assert.equal(stageBefore(three, 'stage3'), 'stage1')
  assert.equal(stageBefore(three, 'stage2'), undefined)
})

test('stage 1 may have a profile and repos of its own', async () => {
  const { definition } = await settings()
  const { stage1 } = definition.stage
  const other = (change: Partial<typeof stage1>): SdkDefinition => ({
    ...definition,
    stage: { ...definition.stage, stage1: { ...stage1, ...change } },
  })
  const transition = other({ profile: '{profile}/transition', repos: 'checkout' })
  const first = await plan('stage1', { definition: transition })
  assert.equal(profileOf(first).path, 'coreos/amd64/sdk/quick/transition')
  assert.equal(profileOf(await plan('stage3', { definition: transition })).path, 'coreos/amd64/sdk/quick')
  assert.equal(first.reposFrom, 'checkout')
  assert.notEqual(packageKey(first), packageKey(await plan('stage1')))
})

test('stage 4 is told what the definition does beside packages, stage 1 how the seed is updated', async () => {
  const { definition } = await settings()
  const { stage1, stage4 } = definition.stage
  const own = {
    rcadd: ['sshd|default'],
    unmerge: ['a/b'],
    groups: ['g'],
    users: ['me=g'],
    sshPublicKeys: [
      { user: 'me', file: '/k1' },
      { user: 'me', file: '/k2' },
    ],
    crossdev: true,
  }
  const updating = { ...stage1, updateSeed: true, updateSeedOptions: ['--update', '@world'] }
  const stage = { ...definition.stage, stage1: updating, stage4: { ...stage4, ...own } }
  const lines = async (name: 'stage1' | 'stage4') =>
    renderArguments(await plan(name, { definition: { ...definition, stage } })).split('\n')
  const fourth = await lines('stage4')
  for (const line of ['rcadd=sshd|default', 'unmerge=a/b', 'groups=g', 'users=me=g', 'crossdev=yes'])
    assert.ok(fourth.includes(line), line)
  assert.equal(fourth.filter((line) => line === 'ssh_keys=me').length, 1)
  const first = await lines('stage1')
  assert.deepEqual(
    first.filter((line) => line.startsWith('update_seed=')),
    ['update_seed=--update', 'update_seed=@world'],
  )
})

test('the seed is a copy only where its packages are updated', async () => {
  const { definition } = await settings()
  const stage = { ...definition.stage, stage1: { ...definition.stage.stage1, updateSeed: true } }
  const work = workPaths('/r/attempt')
  const root = async (change: Partial<RunSettings>) =>
    stageSandbox(await plan('stage1', change), work, ['/l/base']).root
  assert.deepEqual(await root({}), { kind: 'layers', layers: ['/l/base'] })
  const copy = { kind: 'layers', layers: ['/l/base'], upper: work.seed, work: work.seedWork }
  assert.deepEqual(await root({ definition: { ...definition, stage } }), copy)
})

test('trees given for stage 1 are for stage 1 alone, and turn the update on', async () => {
  const { repos } = await settings()
  const stage1Trees = repos.slice(0, 1).map((repo) => ({ ...repo, path: '/snap/given', digest: 'g' }))
  const first = await plan('stage1', { stage1Trees })
  assert.deepEqual(
    first.stageRepos.map(({ tree }) => tree?.path),
    ['/snap/given', undefined],
  )
  assert.deepEqual(
    first.stageRepos.map(({ source }) => source),
    [{ from: 'tree', path: repos[0]?.source }, { from: 'seed' }],
  )
  assert.deepEqual([first.reposFrom, first.updateSeed], ['seed', true])
  assert.equal((await plan('stage1', { stage1Trees: repos })).reposFrom, 'given')
  assert.notEqual(packageKey(first), packageKey(await plan('stage1')))
  for (const trees of [stage1Trees, repos]) {
    const second = await plan('stage2', { stage1Trees: trees })
    assert.ok(second.stageRepos.every(({ tree }) => tree?.path !== '/snap/given'))
    assert.deepEqual([second.reposFrom, second.updateSeed], ['checkout', false])
  }
})

test('an emulator is mounted in "/" and in the root, read-only', async () => {
  const { definition } = await settings()
  const change = { definition: { ...definition, interpreter: ['/usr/bin/qemu-x'] } }
  const targets = async (stage: StagePlan['stage']) =>
    stageSandbox(await plan(stage, change), workPaths('/r/attempt'), ['/l/base'])
      .mounts.filter((mount) => mount.kind === 'bind' && mount.source === '/usr/bin/qemu-x' && mount.readOnly)
      .map(({ target }) => target)
  assert.deepEqual(await targets('stage1'), ['/usr/bin/qemu-x'])
  assert.deepEqual(await targets('stage3'), ['/usr/bin/qemu-x', '/tmp/stage3root/usr/bin/qemu-x'])
})

test('a template gets the version of the run, and keeps its other braces', async () => {
  const { version } = await settings()
  assert.equal(fillIn('{version} {version_id} {build_id} {x}', { version }), '1.0.0+x 1.0.0 x {x}')
})

test('--version is what os-release says', async () => {
  const [osRelease] = planRelease(await plan('stage4'))
  assert.ok(osRelease !== undefined && 'text' in osRelease)
  assert.match(osRelease.text, /^VERSION="1\.0\.0\+x"$/m)
  assert.match(osRelease.text, /^VERSION_ID="1\.0\.0"$/m)
})

test('stages 1 and 2 have no documents, as with catalyst; the others do, unless the definition says otherwise', async () => {
  const { definition } = await settings()
  const env = async (stage: 'stage1' | 'stage2' | 'stage3' | 'stage4', features: string[]) => {
    const { FEATURES = '', PORTAGE_COMPRESS } = stageEnvironment(
      await plan(stage, { definition: { ...definition, features } }),
    )
    return [FEATURES.split(' ').includes('noman'), PORTAGE_COMPRESS]
  }
  for (const stage of ['stage1', 'stage2'] as const) {
    assert.deepEqual(await env(stage, []), [true, ''])
    assert.deepEqual(await env(stage, ['-noman']), [false, undefined])
  }
  for (const stage of ['stage3', 'stage4'] as const) {
    assert.deepEqual(await env(stage, []), [false, undefined])
    assert.deepEqual(await env(stage, ['nodoc', 'noinfo', 'noman']), [false, ''])
  }
})
