// From spec and conf to a definition: what each key becomes, and every problem at once. Real files, tar, squashfs.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { seedMakeConf } from '../../src/catalyst/read/find.js'
import { type LoadedSpec, loadSpec } from '../../src/catalyst/read/load-spec.js'
import { SdkError } from '../../src/errors.js'
import { NO_SQUASHFS, type SpecRoot, specRoot, writeFiles } from '../helpers/catalyst-root.js'
import { hex } from '../helpers/registry-server.js'

const SEED = '23.0-default/stage2-amd64-20260102T030405Z'

const load = (root: SpecRoot, spec: Record<string, string>, ...conf: string[]): Promise<LoadedSpec> =>
  loadSpec({
    ...{ spec: root.spec(spec), conf: root.conf(...conf) },
    ...{ root: undefined, defaultRoot: '/nowhere', seed: undefined },
  })

/** A root with the seed that its specs name. */
function seeded(t: TestContext): SpecRoot {
  const root = specRoot(t)
  root.seed(`${SEED}.tar.xz`)
  return root
}

/** The problems of a spec, without the folder in their places. */
async function problems(root: SpecRoot, spec: Record<string, string>, ...conf: string[]): Promise<string[]> {
  const error = await load(root, spec, ...conf).then(
    () => assert.fail('no problem was found'),
    (each: unknown) => each,
  )
  assert.ok(error instanceof SdkError && error.code === 'SDK_DEFINITION', String(error))
  return error.message.split('\n').map((line) => line.replaceAll(`${root.path()}/`, ''))
}

test('stage 3: what the spec says, what its seed says, and what catalyst does without being told', async (t) => {
  const root = seeded(t)
  const loaded = await load(root, { repos: root.path('extra'), cflags: '-O3 -g0' })
  const { definition } = loaded
  assert.deepEqual(loaded.notices, [
    `${definition.file}:9: cflags: has no effect in stage3: those of its seed count, as in catalyst`,
  ])
  assert.equal(loaded.seed, root.path('builds', `${SEED}.tar.xz`))
  assert.equal(loaded.version.text, '20260102T030405Z')
  assert.deepEqual(
    [definition.type, definition.stages, definition.arch],
    ['23.0-default', ['stage3'], 'amd64'],
  )
  assert.equal(definition.profile, 'main:default/linux')
  assert.deepEqual(definition.repos, [
    {
      name: 'main',
      path: root.path('snapshots/main-abc'),
      archive: '/var/db/repos/main',
      location: '/var/db/repos/main',
      main: true,
    },
    {
      name: 'extra',
      path: root.path('extra'),
      archive: '/var/db/repos/extra',
      location: '/var/db/repos/extra',
      main: false,
    },
  ])
  assert.deepEqual(
    [definition.cflags, definition.cxxflags, definition.ldflags],
    ['-O2 -pipe', '-O2 -pipe', undefined],
  )
  assert.equal(definition.chost, 'x86_64-seed-linux-gnu')
  assert.equal(definition.compression, 'bz2')
  assert.deepEqual(definition.stage.stage3.packages, ['@system'])
  assert.deepEqual(
    [definition.carry, definition.cross, definition.stage.stage4.archiveRepos],
    [[], [], false],
  )
  // Nothing is kept: no repo is configured in the result, and no mount point is left.
  assert.deepEqual(definition.remove, [
    '/etc/portage/repos.conf',
    '/var/db/repos/main',
    '/var/db/repos/extra',
  ])
  assert.deepEqual(Object.keys(definition.configuration), ['make.conf'])
  const makeConf = definition.configuration['make.conf'] ?? ''
  assert.match(makeConf, /^CFLAGS="\$\{COMMON_FLAGS\}"\nCXXFLAGS="\$\{COMMON_FLAGS\}"$/m)
  assert.doesNotMatch(makeConf, /FEATURES|LDFLAGS|USE/)
})

test('a make.conf of portage_confdir is where stages 3 and 4 find their flags, as with catalyst', async (t) => {
  const root = seeded(t)
  writeFiles(root.path('conf.d'), { 'make.conf': 'CFLAGS="-Og"\nUSE="x"\n' })
  const loaded = await load(root, { portage_confdir: root.path('conf.d') })
  assert.deepEqual([loaded.definition.cflags, loaded.definition.makeConf.USE], ['-Og', undefined])
  assert.match(loaded.notices.join('\n'), /its make\.conf is left out, but for compiler flags and CHOST/)
})

test('stage 1: the flags of the subarch, the update of the seed, the repos of the snapshot', async (t) => {
  const root = seeded(t)
  const { definition } = await load(root, {
    ...{ target: 'stage1', subarch: 'k8', chost: 'x86_64-pc-linux-gnu' },
    ...{ update_seed: 'yes', update_seed_command: '--update sys-devel/gcc:14' },
  })
  const { stage1 } = definition.stage
  assert.deepEqual(stage1.updateSeedOptions, ['--update', 'sys-devel/gcc:14'])
  assert.deepEqual([stage1.updateSeed, stage1.repos, stage1.use], [true, 'checkout', ['-*', 'build']])
  assert.equal(definition.cflags, '-O2 -march=k8 -pipe')
  assert.deepEqual([definition.arch, definition.archName], ['amd64', 'k8'])
})

test('stage 4: every key of its own', async (t) => {
  const root = seeded(t)
  writeFiles(root.path(), { 'a/x': '', 'b/y': '', 'fs.sh': '#!/bin/sh\n', 'k.pub': 'key\n' })
  const { definition } = await load(root, {
    target: 'stage4',
    'stage4/packages': 'app-misc/a b dev-lang/python:3.11 @c',
    'stage4/use': 'x -y',
    'stage4/unmerge': 'd',
    'stage4/rcadd': 'sshd|default cron',
    'stage4/rcdel': 'x|boot',
    'stage4/groups': 'a,b',
    'stage4/users': 'john.doe=wheel,audio jane',
    'stage4/ssh_public_keys': `john.doe=${root.path('k.pub')}`,
    'stage4/root_overlay': `${root.path('a')} ${root.path('b')}`,
    'stage4/fsscript': root.path('fs.sh'),
    'stage4/empty': '/root',
    'stage4/rm': '/etc/x /usr/lib/*.a',
  })
  const { use, unmerge, rcadd, rcdel, groups, users, sshPublicKeys, empty, rm, ...stage4 } =
    definition.stage.stage4
  assert.deepEqual(stage4.packages, ['@system', 'app-misc/a', 'b', 'dev-lang/python:3.11', '@c'])
  assert.deepEqual([use, unmerge, rcadd, rcdel], [['x', '-y'], ['d'], ['sshd|default', 'cron'], ['x|boot']])
  assert.deepEqual(
    [groups, users],
    [
      ['a', 'b'],
      ['john.doe=wheel,audio', 'jane'],
    ],
  )
  assert.deepEqual(sshPublicKeys, [{ user: 'john.doe', file: root.path('k.pub') }])
  assert.deepEqual(stage4.rootOverlays, [
    { path: root.path('a'), owners: 'kept' },
    { path: root.path('b'), owners: 'kept' },
  ])
  assert.deepEqual([stage4.fsscript, empty, rm], [root.path('fs.sh'), ['/root'], ['/etc/x']])
  assert.ok(definition.remove.includes('/usr/lib/*.a'))
  assert.match(definition.configuration['make.conf'] ?? '', /^USE="-y x"$/m)
})

test('the conf: places, options, the envscript', async (t) => {
  const root = seeded(t)
  writeFiles(root.path(), {
    rc: [
      '#!/bin/bash',
      'export MAKEOPTS="--jobs=5 --load-average=10"',
      "export FEATURES='-news'",
      'export GENTOO_MIRRORS="http://mirror.example/a http://mirror.example/b"',
      'export ac_cv_x=yes  # an answer',
      'export http_proxy=http://proxy.example:3128',
    ].join('\n'),
    'conf.d/package.use/own': 'a/b c\n',
  })
  const loaded = await load(
    root,
    {
      ...{ portage_confdir: root.path('conf.d'), portage_prefix: 'releng', pkgcache_path: '/p' },
      ...{ keep_repos: 'extra nosuch', repos: root.path('extra'), binrepo_path: '/amd64' },
    },
    `envscript = "${root.path('rc')}"`,
    'distdir = "/d"',
    'port_logdir = "%(storedir)s/logs"',
    'options = ["pkgcache", "bindist", "seedcache"]',
    'compression_mode = "pixz"',
    'repo_basedir = "/r"',
    'binhost = "http://mirror.example"',
    'digests = ["sha512", "sha3_256"]',
    'sharedir = "/usr/share/catalyst"',
  )
  const { definition } = loaded
  const { places } = definition
  assert.deepEqual([loaded.jobs, definition.features, definition.compression], [5, ['-news'], 'xz'])
  assert.deepEqual(loaded.gentooMirrors, ['http://mirror.example/a', 'http://mirror.example/b'])
  assert.deepEqual([places.distfiles, places.packages, places.log], ['/d', '/p', root.path('logs')])
  assert.deepEqual(definition.environment, { ac_cv_x: 'yes' })
  assert.equal(definition.makeConf.USE, 'bindist')
  assert.equal(definition.portageConfdir, root.path('conf.d'))
  assert.deepEqual(definition.remove.slice(0, 3), [
    '/etc/portage/repos.conf',
    '/r/main',
    '/etc/portage/package.accept_keywords/releng',
  ])
  assert.deepEqual(Object.keys(definition.configuration), [
    'make.conf',
    'repos.conf/extra.conf',
    'binrepos.conf/gentoo.conf',
  ])
  assert.doesNotMatch(definition.configuration['make.conf'] ?? '', /bindist/)
  const notices = loaded.notices.map((line) => line.replaceAll(`${root.path()}/`, ''))
  assert.deepEqual(notices.sort(), [
    'catalyst.conf:10: digests: no sha3_256 is made: DIGESTS always has md5, sha1, sha512, blake2b, the record SHA-256',
    "catalyst.conf:11: sharedir: has no effect: catalyst's own files are not used",
    'catalyst.conf:6: options: pkgcache: /p is used and filled; Portage takes of it what fits, as with catalyst, but what was built from an ebuild that was edited since, or whose files/ were, is removed before',
    'catalyst.conf:6: options: seedcache has no effect: a seed is unpacked once by its digest, and a finished stage need not be unpacked at all',
    'rc:6: http_proxy has no effect: sources are fetched with the environment of the command',
    'x.spec:11: keep_repos: there is no repo nosuch (main, extra)',
  ])
})

test('the package cache is the one that catalyst has, of all versions unless asked otherwise', async (t) => {
  const root = seeded(t)
  const packages = async (spec: Record<string, string>, ...conf: string[]): Promise<string | undefined> =>
    (await load(root, { rel_type: 'a/b', ...spec }, ...conf)).definition.places.packages
  const below = root.path('packages/a/b/stage3-amd64')
  const week = { version_stamp: '20260109T030405Z' }
  assert.equal(await packages({}), undefined)
  assert.equal(await packages({ pkgcache_path: '/p' }), undefined)
  assert.equal(await packages({}, 'options = ["pkgcache"]'), below)
  assert.equal(await packages(week, 'options = ["pkgcache"]'), below)
  assert.equal(await packages(week, 'options = ["pkgcache", "versioned_cache"]'), `${below}-20260109T030405Z`)
  assert.equal(await packages({ pkgcache_path: '/p' }, 'options = ["pkgcache", "versioned_cache"]'), '/p')
})

test('what a host wants and no stage can have is a warning with the reason, and no refusal', async (t) => {
  const root = seeded(t)
  const { warnings } = await load(
    root,
    { rename_regexp: 'a/b/' },
    'options = ["ccache", "distcc", "icecream"]',
    'jobserver-fifo = "/dev/steve"',
    'distcc_hosts = ["a"]',
  )
  assert.deepEqual(warnings.map((line) => line.replace(/^.*?:\d+: /, '')).sort(), [
    'distcc_hosts: cannot be had: stages have no network',
    'jobserver-fifo: cannot be had: a stage sees nothing of this machine; jobs says how much is built at once',
    'options: ccache cannot be had: the compiler cache of a stage is asked for by --ccache',
    'options: distcc cannot be had: stages have no network',
    'options: icecream cannot be had: stages have no network',
    'rename_regexp: cannot be had: records and later stages know an archive by its name',
  ])
})

test('a make.conf of a seed that is a hole of terabytes, or megabytes of lines, is none', async (t) => {
  const root = specRoot(t)
  const file = root.path('seed/etc/portage/make.conf')
  const archive = root.path('seed.tar')
  const pack = () => execFileSync('tar', ['-C', root.path('seed'), '-cSf', archive, './etc'])
  writeFiles(root.path('seed/etc/portage'), { 'make.conf': 'CFLAGS="-O2"\n' })
  pack()
  assert.deepEqual(await seedMakeConf(archive), { CFLAGS: '-O2' })
  truncateSync(file, 2 ** 43)
  pack()
  assert.deepEqual(await seedMakeConf(archive), {})
  writeFiles(root.path('seed/etc/portage'), { 'make.conf': 'A="b"\n'.repeat(2 ** 18) })
  pack()
  assert.deepEqual(await seedMakeConf(archive), {})
})

test('sticky-config keeps what it is for', async (t) => {
  const { definition } = await load(
    seeded(t),
    { portage_prefix: 'releng' },
    'options = ["sticky-config", "bindist", "clear-autoresume"]',
  )
  assert.ok(!definition.remove.some((each) => each.includes('releng')))
  assert.match(definition.configuration['make.conf'] ?? '', /^USE="bindist"$/m)
})

test('a profile that is no path is told once, as it was written', async (t) => {
  for (const profile of ['ü', '../../x']) {
    const found = await problems(specRoot(t), { target: 'stage4', profile })
    assert.deepEqual(
      found.filter((line) => / profile: /.test(line)).map((line) => line.replace(/^\S+ /, '')),
      [`profile: expected repo:path, or path in the main repo, found ${JSON.stringify(profile)}`],
    )
  }
})

test('all that is wrong is said at once, in spec, conf and envscript', async (t) => {
  const root = specRoot(t)
  writeFiles(root.path(), { rc: 'export A="$(date)"\nif true; then :; fi\n' })
  const found = await problems(
    root,
    {
      ...{ target: 'stage4', subarch: 'i686', version_stamp: 'a/b', rel_type: '../x', profile: 'nosuch:x' },
      ...{ cflags: '-O2 $(x)', portage_confdir: '/nosuch', interpreter: 'qemu', repos: '/nosuch/repo' },
      ...{ 'stage4/packages': 'a/b c;d', 'stage4/users': 'Root', 'stage4/fsscript': '/nosuch/f' },
      ...{ 'boot/kernel': 'gentoo', snapshot_treeish: 'zzz', unknwon: 'x' },
    },
    `envscript = "${root.path('rc')}"`,
    'jobs = 0',
    'options = ["pkgcahce", "purge"]',
    'compression_mode = "rsync"',
    'digests = ["sha51"]',
  )
  assert.deepEqual(
    found.map((line) => line.split(': ').slice(0, 2).join(': ').slice(0, 60)),
    [
      'x.spec:1: subarch',
      'x.spec:3: version_stamp',
      'x.spec:4: rel_type',
      'x.spec:5: profile',
      'x.spec:6: snapshot_treeish',
      'x.spec:7: source_subpath',
      'x.spec:8: cflags',
      'x.spec:9: portage_confdir',
      'x.spec:10: interpreter',
      'x.spec:11: repos',
      'x.spec:12: stage4/packages',
      'x.spec:13: stage4/users',
      'x.spec:14: stage4/fsscript',
      'x.spec:15: boot/kernel',
      'x.spec:16: unknown key unknwon',
      'catalyst.conf:4: jobs',
      'catalyst.conf:5: options',
      'catalyst.conf:5: options',
      'catalyst.conf:6: compression_mode',
      'catalyst.conf:7: digests',
      'rc:1: expected export NAME="value", expanding only $NAME of ',
      'rc:2: expected export NAME="value", expanding only $NAME of ',
    ],
  )
})

test('a template that is not filled in lacks every key that is required, and nothing else is wrong', async (t) => {
  const empty = Object.fromEntries(
    ['subarch', 'version_stamp', 'rel_type', 'profile'].map((key) => [key, ' ']),
  )
  assert.deepEqual(await problems(specRoot(t), { ...empty, source_subpath: ' ', snapshot_treeish: ' ' }), [
    ...['profile', 'rel_type', 'snapshot_treeish', 'source_subpath', 'subarch', 'version_stamp'].map(
      (key) => `x.spec:1: missing key ${key}: target stage3 requires it`,
    ),
  ])
})

test('a name and a path that would lead elsewhere are refused', async (t) => {
  const found = await problems(specRoot(t), { version_stamp: 'latest' }, 'distdir = "relative"')
  for (const line of [
    'catalyst.conf:3: distdir: expected an absolute path, found "relative"',
    'x.spec:3: version_stamp: latest is the name of the link to the newest stage',
  ])
    assert.ok(found.includes(line), found.join('\n'))
})

test('of a seed with neighbours the archive is meant; of twins the one with a record', async (t) => {
  const root = seeded(t)
  const builds = root.path('builds')
  for (const side of ['.asc', '.sig', '.DIGESTS', '.DIGESTS.asc', '.CONTENTS.gz', '.sha256'])
    writeFiles(builds, { [`${SEED}.tar.xz${side}`]: '' })
  assert.equal((await load(root, {})).seed, `${builds}/${SEED}.tar.xz`)
  root.seed(`${SEED}.tar.gz`)
  assert.deepEqual(await problems(root, {}), [
    `x.spec:7: source_subpath: several archives fit: stage2-amd64-20260102T030405Z.tar.gz, stage2-amd64-20260102T030405Z.tar.xz in builds/23.0-default; name one with its suffix`,
  ])
  assert.equal((await load(root, { source_subpath: `${SEED}.tar.gz` })).seed, `${builds}/${SEED}.tar.gz`)
  writeFiles(builds, { [`${SEED}.tar.xz.record.json`]: '{}' })
  assert.equal((await load(root, {})).seed, `${builds}/${SEED}.tar.xz`)
})

test('a snapshot and a repo may be squashfs files', { skip: NO_SQUASHFS }, async (t) => {
  const root = seeded(t)
  for (const [from, to] of [
    ['snapshots/main-abc', 'snapshots/main-abc.sqfs'],
    ['extra', 'extra.sqfs'],
  ] as const) {
    execFileSync('mksquashfs', [root.path(from), root.path(to), '-quiet', '-no-progress'], { stdio: 'pipe' })
    rmSync(root.path(from), { recursive: true })
  }
  const { definition } = await load(root, { repos: root.path('extra.sqfs') })
  assert.deepEqual(
    definition.repos.map(({ name, path }) => [name, path]),
    [
      ['main', root.path('snapshots/main-abc.sqfs')],
      ['extra', root.path('extra.sqfs')],
    ],
  )
})

test('a seed that is given by its digest is the one that the root keeps, whose flags count, or is refused', async (t) => {
  const root = seeded(t)
  const at = root.path('builds', `${SEED}.tar.xz`)
  const sha256 = hex(readFileSync(at))
  const given = (): Promise<LoadedSpec> =>
    loadSpec({
      ...{ spec: root.spec({}), conf: root.conf() },
      ...{ root: undefined, defaultRoot: '/nowhere', seed: `sha256:${sha256}` },
    })
  await assert.rejects(given(), (error: SdkError) => {
    assert.equal(error.code, 'SDK_SEED')
    assert.match(
      error.message,
      new RegExp(`^the seed sha256:${sha256} is not there: it is not .*/seeds/given-`),
    )
    assert.match(error.hint ?? '', new RegExp(`store pull ${sha256} .*/seeds `))
    return true
  })
  const kept = root.path('seeds', `given-${sha256}.tar.zst`)
  mkdirSync(root.path('seeds'))
  cpSync(at, kept)
  const loaded = await given()
  assert.equal(loaded.seed, kept)
  assert.equal(loaded.definition.chost, 'x86_64-seed-linux-gnu')
})
