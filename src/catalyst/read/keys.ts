// The keys of spec and conf files that catalyst 4.1 knows, by target, and which of them a target requires.

import type { StageName } from '../../sdk/stages.js'

/** Keys that every stage requires. */
const REQUIRED = [
  'profile',
  'rel_type',
  'snapshot_treeish',
  'source_subpath',
  'subarch',
  'target',
  'version_stamp',
] as const

/** Keys that every stage may have. */
const COMMON = [
  'asflags',
  'binrepo_path',
  'catalyst_use',
  'cbuild',
  'cflags',
  'common_flags',
  'compression_mode',
  'cxxflags',
  'decompressor_search_order',
  'fcflags',
  'fflags',
  'hostuse',
  'install_mask',
  'interpreter',
  'keep_repos',
  'kerncache_path',
  'ldflags',
  'pkgcache_path',
  'portage_confdir',
  'portage_prefix',
  'rename_regexp',
  'repos',
] as const

/** Keys of single stages. */
const OWN = {
  stage1: ['chost', 'update_seed', 'update_seed_command'],
  stage2: ['chost'],
  stage3: [],
  stage4: [
    'boot/kernel',
    'stage4/empty',
    'stage4/fsscript',
    'stage4/gk_mainargs',
    'stage4/groups',
    'stage4/linuxrc',
    'stage4/packages',
    'stage4/rcadd',
    'stage4/rcdel',
    'stage4/rm',
    'stage4/root_overlay',
    'stage4/ssh_public_keys',
    'stage4/unmerge',
    'stage4/use',
    'stage4/users',
  ],
} as const satisfies Record<StageName, readonly string[]>

/** Keys of single stages that these require. */
const OWN_REQUIRED: Readonly<Record<StageName, readonly string[]>> = {
  stage1: [],
  stage2: [],
  stage3: [],
  stage4: ['stage4/packages'],
}

/** Catalyst 3's names, and what they are called since. */
export const OLD_NAMES: Readonly<Record<string, string>> = {
  snapshot: 'snapshot_treeish',
  portage_overlay: 'repos',
}

/** The targets of catalyst that are not stages, by the beginnings of their own keys. */
export const OTHER_TARGETS: Readonly<Record<string, string>> = {
  livecd: 'livecd-stage1 or livecd-stage2',
  diskimage: 'diskimage-stage1 or diskimage-stage2',
  netboot: 'netboot',
  embedded: 'embedded',
}

/** Targets of catalyst that are refused. */
export const FOREIGN_TARGETS: readonly string[] = [
  'diskimage-stage1',
  'diskimage-stage2',
  'embedded',
  'livecd-stage1',
  'livecd-stage2',
  'netboot',
  'snapshot',
]

/** Keys of catalyst.conf. `options` and `digests` are lists. */
export const CONF_KEYS = [
  'binhost',
  'compression_mode',
  'digests',
  'digest_format',
  'distcc_hosts',
  'distdir',
  'envscript',
  'jobs',
  'jobserver-fifo',
  'load-average',
  'options',
  'port_logdir',
  'repo_basedir',
  'repo_openpgp_key_path',
  'repo_name',
  'repos_storedir',
  'sharedir',
  'storedir',
  'target_distdir',
  'target_logdir',
  'target_pkgdir',
  'var_tmpfs_portage',
] as const

/** Keys of catalyst 3's conf that catalyst 4 does not have. */
export const OLD_CONF_KEYS: readonly string[] = [
  'contents',
  'hash_function',
  'portdir',
  'snapshot_cache',
  'snapshot_name',
]

/** A key that a spec may have. */
export type SpecKey =
  | (typeof REQUIRED)[number]
  | (typeof COMMON)[number]
  | (typeof OWN)[keyof typeof OWN][number]

/** A key that a conf may have. */
export type ConfKey = (typeof CONF_KEYS)[number]

/** All keys of a spec of `stage`. */
export const keysOf = (stage: StageName): readonly string[] => [...REQUIRED, ...COMMON, ...OWN[stage]]

/** The keys that a spec of `stage` requires. */
export const requiredOf = (stage: StageName): readonly string[] => [...REQUIRED, ...OWN_REQUIRED[stage]]
