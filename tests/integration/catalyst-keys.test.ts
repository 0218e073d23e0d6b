// Every key of spec and conf that catalyst knows, held against the reader: it changes the run, or it is told that it does not,
// or it is refused with the reason. None is taken without effect and without a word.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { type LoadedSpec, loadSpec } from '../../src/catalyst/read/load-spec.js'
import { ARCHITECTURES, ARCHS } from '../../src/sdk/architecture.js'
import type { StageName } from '../../src/sdk/stages.js'
import { type SpecRoot, specRoot, writeFiles } from '../helpers/catalyst-root.js'

/** What becomes of a key: `counts` in what is run, is `told` to have no effect, or is `refused`. */
type Fate = 'counts' | 'told' | 'refused'

/** A key, a value (`ROOT` is the folder of the test), its fate, and what else has to be said for it to mean anything. */
type Row = readonly [key: string, value: string, fate: Fate, with_?: Readonly<Record<string, string>>]

/** `required_values` and `valid_values` of catalyst/base/stagebase.py, at gentoo/catalyst df01e21b (April 2026). */
const COMMON: readonly Row[] = [
  ['binrepo_path', '/b', 'counts', { 'conf binhost': '"http://mirror.example"' }],
  ['catalyst_use', 'x', 'told'],
  ['cbuild', 'x86_64-pc-linux-gnu', 'told'],
  ['compression_mode', 'xz', 'counts'],
  ['decompressor_search_order', 'xz', 'told'],
  ['hostuse', 'x', 'told'],
  ['install_mask', '/x', 'told'],
  ['interpreter', '/bin/sh', 'counts'],
  ['keep_repos', 'main', 'counts'],
  ['kerncache_path', '/k', 'told'],
  ['pkgcache_path', '/p', 'counts', { 'conf options': '["pkgcache"]' }],
  ['pkgcache_path', '/p', 'told'],
  ['portage_confdir', 'ROOT/conf.d', 'counts'],
  ['portage_prefix', 'releng', 'counts'],
  ['profile', 'main:default/other', 'counts'],
  ['rel_type', 'other', 'counts'],
  ['rename_regexp', 's_.tar.xz$_.wsl_', 'told'],
  ['repos', 'ROOT/extra', 'counts'],
  ['snapshot_treeish', 'other', 'counts'],
  ['source_subpath', 'seeds/other', 'counts'],
  ['subarch', Object.keys(ARCHITECTURES[ARCHS[0]].sdk.subarches).at(-1) ?? '', 'counts'],
  ['version_stamp', 'other', 'counts'],
]

/** Which flags catalyst takes from the spec: `override_…` of catalyst/targets/stageN.py. In other stages each is told. */
const FLAGS: readonly (readonly [key: string, stages: string])[] = [
  ['asflags', ''],
  ['cflags', '12'],
  ['common_flags', '1'],
  ['cxxflags', '12'],
  ['fcflags', '1'],
  ['fflags', '1'],
  ['ldflags', '12'],
]

const flagRows = (stage: StageName): Row[] =>
  FLAGS.map(([key, stages]) => [key, '-O1', stages.includes(stage.slice(-1)) ? 'counts' : 'told'])

/** Those of catalyst/targets/stageN.py. */
const OWN: Readonly<Record<StageName, readonly Row[]>> = {
  stage1: [
    ['chost', 'x86_64-other-linux-gnu', 'counts'],
    ['update_seed', 'yes', 'counts'],
    ['update_seed', 'maybe', 'refused'],
    ['update_seed_command', '--update @world', 'counts', { update_seed: 'yes' }],
    ['update_seed_command', '--update @world', 'told'],
  ],
  stage2: [['chost', 'x86_64-other-linux-gnu', 'counts']],
  stage3: [],
  stage4: [
    ['boot/kernel', 'gentoo', 'refused'],
    ['boot/kernel/gentoo/sources', 'gentoo-sources', 'refused'],
    ['stage4/empty', '/x', 'counts'],
    ['stage4/fsscript', 'ROOT/script', 'counts'],
    ['stage4/gk_mainargs', '--x', 'told'],
    ['stage4/groups', 'x', 'counts'],
    ['stage4/linuxrc', '/x', 'told'],
    ['stage4/packages', 'a/other', 'counts'],
    ['stage4/rcadd', 'x', 'counts'],
    ['stage4/rcdel', 'x', 'counts'],
    ['stage4/rm', '/x', 'counts'],
    ['stage4/rm', '/x*', 'counts'],
    ['stage4/root_overlay', 'ROOT/extra', 'counts'],
    ['stage4/ssh_public_keys', 'x=ROOT/script', 'counts'],
    ['stage4/unmerge', 'a/b', 'counts'],
    ['stage4/use', 'x', 'counts'],
    ['stage4/users', 'x', 'counts'],
  ],
}

/** `valid_config_file_values` of catalyst/defaults.py, there. */
const CONF: readonly Row[] = [
  ['binhost', '"http://mirror.example"', 'counts', { binrepo_path: '/b' }],
  ['compression_mode', '"xz"', 'counts'],
  ['digests', '["sha3_256"]', 'told'],
  ['digest_format', '"bsd"', 'told'],
  ['distcc_hosts', '"h"', 'told'],
  ['distdir', '"/d"', 'counts'],
  ['envscript', '"ROOT/rc"', 'counts'],
  ['jobs', '7', 'counts'],
  ['jobserver-fifo', '"/dev/steve"', 'told'],
  ['load-average', '3.5', 'told'],
  ['options', '["bindist"]', 'counts'],
  ['port_logdir', '"/l"', 'counts'],
  ['repo_basedir', '"/r"', 'counts'],
  ['repo_openpgp_key_path', '"/k"', 'told'],
  ['repos_storedir', '"/r"', 'told'],
  ['sharedir', '"/s"', 'told'],
  ['target_distdir', '"/d"', 'counts'],
  ['target_logdir', '"/l"', 'told'],
  ['target_pkgdir', '"/p"', 'counts'],
  ['var_tmpfs_portage', '16', 'told'],
]

/** Words of `options`: those of catalyst.conf(5), and what its command line adds. */
const OPTIONS: readonly Row[] = [
  ...(['bindist', 'clear-autoresume', 'pkgcache'] as const).map((word): Row => [word, '', 'counts']),
  ['sticky-config', '', 'counts', { portage_prefix: 'releng' }],
  ['versioned_cache', '', 'counts', { 'conf options': '"pkgcache"' }],
  ...(['autoresume', 'ccache', 'distcc', 'icecream', 'keepwork', 'kerncache', 'seedcache'] as const).map(
    (word): Row => [word, '', 'told'],
  ),
  ...(['enter-chroot', 'fetch', 'purge', 'purgeonly', 'purgetmponly'] as const).map(
    (word): Row => [word, '', 'refused'],
  ),
]

function prepare(root: SpecRoot): void {
  root.seed('seeds/one.tar.xz')
  root.seed('seeds/other.tar.xz')
  writeFiles(root.path(), {
    'snapshots/main-other/profiles/repo_name': 'main\n',
    'snapshots/main-other/profiles/default/linux/eapi': '8\n',
    'snapshots/main-abc/profiles/default/other/eapi': '8\n',
    'conf.d/package.use/x': '',
    rc: 'export A=1\n',
    script: '',
  })
  mkdirSync(root.path('logs'))
}

/** What is loaded, or why nothing is. */
async function read(root: SpecRoot, lines: Readonly<Record<string, string>>): Promise<LoadedSpec | Error> {
  const filled = Object.entries(lines).map(([key, value]) => [key, value.replaceAll('ROOT', root.path())])
  const isConf = (key = ''): boolean => key.startsWith('conf ')
  const conf = filled.filter(([key]) => isConf(key)).map(([key = '', value]) => `${key.slice(5)} = ${value}`)
  const spec = Object.fromEntries(filled.filter(([key]) => !isConf(key)))
  return await loadSpec({
    ...{ spec: root.spec({ source_subpath: 'seeds/one', ...spec }), conf: root.conf(...conf) },
    ...{ root: undefined, defaultRoot: '/nowhere', seed: undefined },
  }).catch((error: Error) => error)
}

/** What a run is made of. */
const effect = (loaded: LoadedSpec | Error): string => {
  assert.ok(!(loaded instanceof Error), String(loaded))
  return JSON.stringify({ ...loaded, notices: [], warnings: [] })
}

async function holds(
  root: SpecRoot,
  [key, fate]: readonly [string, Fate],
  { before, after }: { before: Record<string, string>; after: Record<string, string> },
): Promise<void> {
  const loaded = await read(root, after)
  if (fate === 'refused') {
    assert.ok(loaded instanceof Error, `${key} is taken`)
    assert.match(loaded.message, new RegExp(`${key.replace(/\/gentoo.*/, '')}.*(?:: .{10})`), key)
    return
  }
  const isOther = effect(loaded) !== effect(await read(root, before))
  const { notices, warnings } = loaded as LoadedSpec
  const said = [...notices, ...warnings].filter((line) => line.includes(key))
  assert.equal(isOther, fate === 'counts', `${key}: ${isOther ? 'changes' : 'does not change'} the run`)
  if (fate === 'told') assert.equal(said.length, 1, `${key}: ${[...notices, ...warnings].join('; ')}`)
}

for (const stage of Object.keys(OWN) as StageName[])
  test(`every key of ${stage} counts, or is told, or refused`, async (t) => {
    const root = specRoot(t)
    prepare(root)
    const target: Record<string, string> = stage === 'stage4' ? { 'stage4/packages': 'a/b' } : {}
    for (const [key, value, fate, more = {}] of [...COMMON, ...flagRows(stage), ...OWN[stage]]) {
      const before = { target: stage, ...target, ...more }
      await holds(root, [key, fate], { before, after: { ...before, [key]: value } })
    }
  })

test('every key of the conf, and every option, counts, or is told, or refused', async (t) => {
  const root = specRoot(t)
  prepare(root)
  for (const [key, value, fate, more = {}] of CONF)
    await holds(root, [key, fate], { before: more, after: { ...more, [`conf ${key}`]: value } })
  for (const [word, , fate, { 'conf options': other, ...more } = {}] of OPTIONS) {
    const options = (words: readonly string[]): string => `[${words.join(', ')}]`
    const also = other === undefined ? [] : [other]
    await holds(root, [word, fate], {
      before: { ...more, 'conf options': options(also) },
      after: { ...more, 'conf options': options([...also, `"${word}"`]) },
    })
  }
})
