// What is written for catalyst is read back to the same meaning: `plan --write_specs`, then `plan --file`, as commands.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadSpec } from '../../src/catalyst/read/load-spec.js'
import { writeSpecs } from '../../src/catalyst/write-specs.js'
import type { SdkDefinition } from '../../src/sdk/definition.js'
import { loadDefinition } from '../../src/sdk/read/load.js'
import { STAGES } from '../../src/sdk/stages.js'
import { MAIN } from '../helpers/program.js'

const VERSION = '1.0.0+round'

/** A catalyst root with a seed and the archives that the later stages' specs name. */
function catalystRoot(t: TestContext, definition: SdkDefinition): string {
  const root = mkdtempSync(path.join(tmpdir(), 'round-trip-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const builds = path.join(root, 'builds', definition.type)
  mkdirSync(builds, { recursive: true })
  for (const name of ['seed', ...STAGES.map((stage) => `${stage}-amd64-${VERSION}`)])
    execFileSync('tar', ['-caf', path.join(builds, `${name}.tar.gz`), '-C', 'sdks/embedded', 'sdk.toml'])
  mkdirSync(path.join(root, 'snapshots'))
  cpSync(definition.repos[0]?.path ?? '', path.join(root, `snapshots/portage-stable-${VERSION}`), {
    recursive: true,
  })
  return root
}

/** Writes files of a run and loads the spec of each stage. */
async function roundTrip(t: TestContext, definition: SdkDefinition) {
  const root = catalystRoot(t, definition)
  const folder = path.join(root, 'specs')
  const written = writeSpecs({
    ...{ definition, profile: definition.profile, version: VERSION, stages: STAGES },
    ...{ compression: definition.compression, jobs: 3, root, folder },
    seed: path.join(root, 'builds', definition.type, 'seed.tar.gz'),
    gentooMirrors: ['http://mirror.example/gentoo'],
  })
  for (const file of written.files) {
    mkdirSync(path.dirname(path.join(folder, file.path)), { recursive: true })
    if ('text' in file) writeFileSync(path.join(folder, file.path), file.text)
  }
  const load = (stage: string) =>
    loadSpec({
      ...{ spec: path.join(folder, `${stage}.spec`), conf: path.join(folder, 'catalyst.conf') },
      ...{ root: undefined, defaultRoot: '/nowhere', seed: undefined },
    })
  return { root, load }
}

test('every stage of a definition is read back as it was written', async (t) => {
  const definition = { ...(await loadDefinition('embedded', path.resolve('sdks'))), features: ['-news'] }
  const { root, load } = await roundTrip(t, definition)
  const seeds = ['seed', ...STAGES.slice(0, 3).map((stage) => `${stage}-amd64-${VERSION}`)]
  for (const [index, stage] of STAGES.entries()) {
    const read = await load(stage)
    const own = read.definition
    // Flatcar's specs of stages 3 and 4 have the flags too, though those of the seed count.
    const flags = index < 2 ? [] : ['cflags', 'cxxflags', 'ldflags']
    assert.deepEqual(
      read.notices
        .filter((line) => !/: pkgcache: /.test(line))
        .map((line) => /: (\w+): has no effect in /.exec(line)?.[1] ?? line),
      flags,
      stage,
    )
    assert.equal(read.seed, path.join(root, 'builds', own.type, `${seeds[index]}.tar.gz`))
    assert.deepEqual([read.version.text, read.root, read.jobs], [VERSION, root, 3])
    assert.deepEqual(read.gentooMirrors, ['http://mirror.example/gentoo'])
    for (const key of [
      'type',
      'arch',
      'chost',
      'profile',
      'compression',
      // Those of stages 3 and 4 are in the make.conf of their seed, which these seeds are without.
      ...(index < 2 ? (['cflags', 'cxxflags', 'ldflags'] as const) : []),
    ] as const)
      assert.equal(own[key], definition[key], `${stage} ${key}`)
    assert.deepEqual(own.stages, [stage])
    assert.deepEqual(
      own.repos.map(({ name, main }) => ({ name, main })),
      definition.repos.map(({ name, main }) => ({ name, main })),
    )
    assert.equal(own.repos[1]?.path, definition.repos[1]?.path)
    assert.equal(own.portageConfdir, path.join(root, 'specs/portage'))
  }
})

test('what only stages 1 and 4 say is read back too', async (t) => {
  const embedded = await loadDefinition('embedded', path.resolve('sdks'))
  const folder = mkdtempSync(path.join(tmpdir(), 'round-trip-files-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(path.join(folder, 'fs.sh'), '#!/bin/sh\n')
  writeFileSync(path.join(folder, 'key.pub'), 'ssh-ed25519 AAAA x\n')
  const { stage1, stage4 } = embedded.stage
  const definition: SdkDefinition = {
    ...embedded,
    interpreter: [path.join(folder, 'fs.sh')],
    stage: {
      ...embedded.stage,
      stage1: { ...stage1, updateSeed: true, updateSeedOptions: ['--update', '@changed-subslot'] },
      stage4: {
        ...stage4,
        ...{ use: ['a', '-b'], unmerge: ['c/d'], rcadd: ['e|default'], rcdel: ['f'], groups: ['g'] },
        ...{ users: ['h=wheel'], sshPublicKeys: [{ user: 'h', file: `${folder}/key.pub` }] },
        ...{ rootOverlays: [{ path: folder, owners: 'root' }], fsscript: path.join(folder, 'fs.sh') },
      },
    },
  }
  const { load } = await roundTrip(t, definition)
  const one = (await load('stage1')).definition
  assert.deepEqual(one.interpreter, definition.interpreter)
  assert.deepEqual(
    [one.stage.stage1.updateSeed, one.stage.stage1.updateSeedOptions],
    [true, ['--update', '@changed-subslot']],
  )
  const four = (await load('stage4')).definition.stage.stage4
  assert.deepEqual(four, {
    ...definition.stage.stage4,
    // rsync -a copies them.
    rootOverlays: [{ path: folder, owners: 'kept' }],
    packages: ['@system', ...stage4.packages],
    archiveRepos: false,
  })
})

test('the command writes specs that the command plans', async (t) => {
  const definition = await loadDefinition('embedded', path.resolve('sdks'))
  const root = catalystRoot(t, definition)
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [MAIN, 'plan', '--json', '--no_host_setup', ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '' },
    })
  const seed = path.join(root, 'builds', definition.type, 'seed.tar.gz')
  const specs = path.join(root, 'specs')
  const place = ['--catalyst_root', root, '--version', VERSION, '--seed_tarball', seed]
  const wrote = run(...place, '--write_specs', specs)
  assert.equal(wrote.status, 0, wrote.stderr)
  const written = JSON.parse(wrote.stdout) as { specs: { files: string[]; snapshots: { path: string }[] } }
  assert.deepEqual(written.specs.files, [
    'catalyst.conf',
    'catalystrc',
    // FEATURES of the definition.
    'portage/profile/make.defaults',
    ...['usr/lib/os-release', 'etc/os-release', 'etc/lsb-release'].map((file) => `overlay/${file}`),
    ...STAGES.map((stage) => `${stage}.spec`),
  ])
  assert.equal(written.specs.snapshots[0]?.path, path.join(root, `snapshots/portage-stable-${VERSION}.sqfs`))
  const osRelease = readFileSync(path.join(specs, 'overlay/etc/os-release'), 'utf8')
  assert.match(osRelease, /^VERSION="1\.0\.0\+round"$/m)
  const stage4 = readFileSync(path.join(specs, 'stage4.spec'), 'utf8')
  assert.ok(stage4.includes(`stage4/root_overlay: ${specs}/overlay\n`))
  const planned = run(
    '--file',
    path.join(specs, 'stage1.spec'),
    '--config',
    path.join(specs, 'catalyst.conf'),
  )
  assert.equal(planned.status, 0, planned.stderr)
  const { stages, release, version } = JSON.parse(planned.stdout) as {
    stages: { stage: string; archive: string; repos: string }[]
    release: unknown
    version: { text: string }
  }
  assert.deepEqual([version.text, release], [VERSION, null])
  assert.deepEqual(
    stages.map(({ stage, archive, repos }) => [stage, archive, repos]),
    [['stage1', path.join(root, `builds/embedded-sdk/stage1-amd64-${VERSION}.tar.zst`), 'checkout']],
  )
  const wrong = path.join(specs, 'wrong.spec')
  writeFileSync(
    wrong,
    `${readFileSync(path.join(specs, 'stage3.spec'), 'utf8')}stage4/use: x\ncxxflgs: -O2\n`,
  )
  const refused = run('--file', wrong, '--config', path.join(specs, 'catalyst.conf'))
  assert.equal(refused.status, 2)
  assert.match(
    refused.stderr,
    /wrong\.spec:\d+: unknown key stage4\/use.*\n.*wrong\.spec:\d+: unknown key cxxflgs; did you mean/,
  )
})

test('plan refuses what the runner catalyst cannot build, as a build does', (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'round-trip-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const plan = (...words: string[]) =>
    spawnSync(
      process.execPath,
      [MAIN, 'plan', '--catalyst_root', root, '--profile', 'coreos-overlay:coreos/amd64/sdk', ...words],
      { encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } },
    )
  const refused = plan('--runner', 'catalyst')
  assert.equal(refused.status, 2, refused.stderr)
  assert.match(refused.stderr, /--runner catalyst cannot build embedded: stage3\.first: /)
  assert.equal(plan().status, 0)
})

test('options that a spec has no use for are refused with it', () => {
  const refused = spawnSync(
    process.execPath,
    [MAIN, 'plan', '--file', 'x.spec', '--sdk', 'other', '--portage_stable', '/x'],
    { encoding: 'utf8' },
  )
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /--file does not go with --sdk \(.+\), --portage_stable \(.+\) \[SDK_USAGE\]/)
})
