// Writing a run down for catalyst 4: conf, envscript, specs, Portage configuration.

import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { before, test } from 'node:test'
import { checkConfKeys, checkSpecKeys } from '../../../src/catalyst/read/check-keys.js'
import type { SpecRun, WrittenSpecs } from '../../../src/catalyst/spec-run.js'
import { parseConfText } from '../../../src/catalyst/text/conf-text.js'
import { parseSpecText } from '../../../src/catalyst/text/spec-text.js'
import { writeSpecs } from '../../../src/catalyst/write-specs.js'
import { SdkError } from '../../../src/errors.js'
import type { SdkDefinition } from '../../../src/sdk/definition.js'
import { loadDefinition } from '../../../src/sdk/read/load.js'
import { STAGES } from '../../../src/sdk/stages.js'

let definition: SdkDefinition
before(async () => {
  definition = await loadDefinition('embedded', resolve('sdks'))
})

const run = (more: Partial<SpecRun> = {}): SpecRun => ({
  definition,
  profile: 'coreos-overlay:coreos/amd64/sdk',
  version: '1.0.0+x',
  stages: STAGES,
  compression: 'zstd',
  jobs: 3,
  root: '/cr',
  folder: '/cr/specs',
  seed: '/cr/builds/seed/sdk.tar.zst',
  ...more,
})

function textOf({ files }: WrittenSpecs, name: string): string {
  const file = files.find((each) => each.path === name)
  assert.ok(file !== undefined && 'text' in file, name)
  return file.text
}

test('each spec has the keys of its target, all that are required, and none else', () => {
  const written = writeSpecs(run())
  for (const stage of STAGES) {
    const read = checkSpecKeys(parseSpecText({ file: '/x', text: textOf(written, `${stage}.spec`) }))
    assert.deepEqual([...read.problems, ...read.warnings], [], stage)
    assert.equal(read.target, stage)
  }
})

test('the stages are a chain that begins with the seed', () => {
  const written = writeSpecs(run({ stages: ['stage1', 'stage3', 'stage4'] }))
  const sources = ['stage1', 'stage3', 'stage4'].map(
    (stage) => /^source_subpath: (.*)$/m.exec(textOf(written, `${stage}.spec`))?.[1],
  )
  assert.deepEqual(sources, [
    'seed/sdk.tar.zst',
    'embedded-sdk/stage1-amd64-1.0.0+x',
    'embedded-sdk/stage3-amd64-1.0.0+x',
  ])
  assert.deepEqual(
    written.files.map((file) => file.path),
    [
      'catalyst.conf',
      'catalystrc',
      'portage/profile/make.defaults',
      'stage1.spec',
      'stage3.spec',
      'stage4.spec',
    ],
  )
})

test('a seed elsewhere is named from the builds', () => {
  const text = textOf(writeSpecs(run({ seed: '/cr/seeds/s.tar.zst' })), 'stage1.spec')
  assert.match(text, /^source_subpath: \.\.\/seeds\/s\.tar\.zst$/m)
})

test('the conf names the places, and the snapshot is where catalyst looks for it', () => {
  const written = writeSpecs(run({ treeish: 't1', sharedir: '/opt/50%' }))
  const conf = parseConfText({ file: '/x', text: textOf(written, 'catalyst.conf') })
  assert.deepEqual(checkConfKeys(conf), [])
  const value = (key: string): readonly string[] | undefined => conf.values.get(key)?.words
  assert.deepEqual(value('storedir'), ['/cr'])
  assert.deepEqual(value('envscript'), ['/cr/specs/catalystrc'])
  assert.deepEqual(value('repo_basedir'), ['/var/gentoo/repos'])
  assert.deepEqual(value('repo_name'), ['portage-stable'])
  assert.deepEqual(value('sharedir'), ['/opt/50%'])
  assert.deepEqual([value('jobs'), value('load-average')], [['3'], ['6']])
  assert.deepEqual(
    written.snapshots.map((each) => each.path),
    ['/cr/snapshots/portage-stable-t1.sqfs'],
  )
  assert.match(textOf(written, 'catalystrc'), /^export MAKEOPTS='--jobs=3 --load-average=6'$/m)
})

test('trees that are given for stage 1 are in its spec alone, and its seed is updated', () => {
  const [main, overlay] = definition.repos.map((repo, index) => ({ ...repo, path: `/given${index}` }))
  assert.ok(main !== undefined && overlay !== undefined)
  const lines = (stage: string, ...stage1Repos: (typeof main)[]): string[] =>
    textOf(writeSpecs(run({ stage1Repos })), `${stage}.spec`)
      .split('\n')
      .filter((line) => /^(?:snapshot_treeish|repos|update_seed):/.test(line))
  const [, tree] = definition.repos.map((repo) => repo.path)
  const others = ['snapshot_treeish: 1.0.0+x', `repos: ${tree}`]
  assert.deepEqual(lines('stage1'), [...others, 'update_seed: no'])
  const both = ['snapshot_treeish: 1.0.0+x-stage1', 'repos: /given1', 'update_seed: yes']
  assert.deepEqual(lines('stage1', main, overlay), both)
  assert.deepEqual(lines('stage1', overlay), [others[0], ...both.slice(1)])
  assert.deepEqual(lines('stage2', main, overlay), others)
  const written = writeSpecs(run({ stage1Repos: [main] }))
  assert.deepEqual(written.snapshots, [
    { path: '/cr/snapshots/portage-stable-1.0.0+x-stage1.sqfs', source: '/given0' },
    { path: '/cr/snapshots/portage-stable-1.0.0+x.sqfs', source: definition.repos[0]?.path },
  ])
  // The overlay is still the seed's, natively.
  const isSaid = ({ unsaid }: WrittenSpecs): boolean => !unsaid.some(({ key }) => key === 'stage1.repos')
  assert.deepEqual(
    [isSaid(written), isSaid(writeSpecs(run({ stage1Repos: [main, overlay] })))],
    [false, true],
  )
})

test('all repos stay configured, also those that are not archived, unless others are asked for', () => {
  const { stage } = definition
  const own = { ...definition, stage: { ...stage, stage4: { ...stage.stage4, archiveRepos: false } } }
  for (const name of STAGES)
    assert.match(
      textOf(writeSpecs(run({ definition: own })), `${name}.spec`),
      /^keep_repos: portage-stable coreos-overlay$/m,
    )
  assert.doesNotMatch(textOf(writeSpecs(run({ keepRepos: [] })), 'stage1.spec'), /^keep_repos:/m)
})

test('the files that name the SDK are an overlay of stage 4, below the definition’s own', () => {
  const { stage } = definition
  const own = {
    ...definition,
    stage: {
      ...stage,
      stage4: { ...stage.stage4, rootOverlays: [{ path: '/own', owners: 'root' as const }] },
    },
  }
  const release = [
    { path: 'usr/lib/os-release', text: 'NAME="x"\n' },
    { path: 'etc/os-release', link: '../usr/lib/os-release' },
  ]
  const written = writeSpecs(run({ definition: own, release }))
  assert.deepEqual(
    written.files.filter((file) => file.path.startsWith('overlay')),
    [
      { path: 'overlay/usr/lib/os-release', text: 'NAME="x"\n' },
      { path: 'overlay/etc/os-release', link: '../usr/lib/os-release' },
    ],
  )
  assert.match(textOf(written, 'stage4.spec'), /^stage4\/root_overlay: \/cr\/specs\/overlay \/own$/m)
  assert.ok(written.unsaid.some(({ key }) => key === 'stage4.archive_repos'))
  const { files } = writeSpecs(run({ definition: own, release, stages: ['stage1'] }))
  assert.ok(!files.some((file) => file.path.startsWith('overlay')))
})

test('features and patches go into the Portage configuration, over a copy of the definition’s own', () => {
  const own = {
    ...definition,
    features: ['-news'],
    portageConfdir: '/conf',
    portagePatches: { repo: 'coreos-overlay', path: 'p/q' },
  }
  const written = writeSpecs(run({ definition: own }))
  assert.deepEqual(
    written.files.filter((file) => file.path.startsWith('portage')),
    [
      { path: 'portage', copyOf: '/conf' },
      {
        path: 'portage/profile/make.defaults',
        text: `FEATURES="\${FEATURES} -news"\n`,
        after: '/conf/profile/make.defaults',
      },
      { path: 'portage/patches', link: '/var/gentoo/repos/coreos-overlay/p/q' },
    ],
  )
  assert.match(textOf(written, 'stage2.spec'), /^portage_confdir: \/cr\/specs\/portage$/m)
  const plain = writeSpecs(run({ definition: { ...definition, features: ['-news'] } }))
  assert.equal(textOf(plain, 'portage/profile/make.defaults'), 'FEATURES="-news"\n')
})

test('what catalyst cannot be told is said', () => {
  const keys = writeSpecs(run()).unsaid.map(({ key }) => key)
  assert.deepEqual(keys, [
    'cross',
    'carry',
    'pkgcache_path',
    'repos.location',
    'stage1.repos',
    'stage4.archive_repos',
    'stage3.packages',
    'stage3.first',
  ])
  const told = writeSpecs(run({ fsscript: '/f', rootOverlay: '/o' })).unsaid.map(({ key }) => key)
  assert.deepEqual(
    told,
    keys.filter((key) => !['cross', 'stage4.archive_repos'].includes(key ?? '')),
  )
  const pkgcache = { stage1: '/p1', stage2: '/p2', stage3: '/p3', stage4: '/p4' }
  assert.ok(!writeSpecs(run({ pkgcache })).unsaid.some(({ key }) => key === 'pkgcache_path'))
})

test('stage 4 always loses its resolv.conf, which catalyst would keep', () => {
  const { stage } = definition
  const rm = (...words: string[]): string | undefined => {
    const own = { ...definition, stage: { ...stage, stage4: { ...stage.stage4, rm: words } } }
    return /^stage4\/rm: (.*)$/m.exec(textOf(writeSpecs(run({ definition: own })), 'stage4.spec'))?.[1]
  }
  assert.equal(rm('/etc/x'), '/etc/x /etc/resolv.conf')
  assert.equal(rm('/etc/resolv.conf', '/etc/x'), '/etc/resolv.conf /etc/x')
})

test('a repo that catalyst has at another place is said, and no other', () => {
  const told = (locations: readonly string[]): string[] =>
    writeSpecs(
      run({
        definition: {
          ...definition,
          repos: definition.repos.map((repo, index) => ({ ...repo, location: locations[index] ?? '' })),
        },
      }),
    ).unsaid.flatMap(({ key, why }) => (key === 'repos.location' ? [why] : []))
  assert.deepEqual(told(['/r/portage-stable', '/r/coreos-overlay']), [])
  assert.deepEqual(told(['/r/gentoo', '/s/coreos-overlay']), [
    'catalyst has the repo portage-stable at /r/portage-stable, not at /r/gentoo',
    'catalyst has the repo coreos-overlay at /r/coreos-overlay, not at /s/coreos-overlay',
  ])
})

test('a value that a spec cannot hold is an error that names it', () => {
  for (const rootOverlay of ['/with blank', '/with#hash', '/with"quote'])
    assert.throws(
      () => writeSpecs(run({ rootOverlay })),
      (error: unknown) =>
        error instanceof SdkError &&
        error.code === 'SDK_USAGE' &&
        error.message.includes(rootOverlay.slice(0, 5)),
    )
})
