// The order of the rooms of src/, and what each shows of its sub-folders. check-imports.mjs holds both.

/** From the top: a room imports from rooms of lower rows only. ARCHITECTURE.md has the same line. */
export const LAYERS = [
  ['cli'],
  ['forecast'],
  ['bootstrap'],
  ['release', 'inspect', 'doctor'],
  ['request'],
  ['catalyst', 'seed', 'registry'],
  ['stage', 'compare'],
  ['archive', 'portage', 'repos'],
  ['sandbox', 'toolchain', 'transfer'],
  ['store'],
  ['sdk', 'events', 'process'],
  ['files'],
  ['errors'],
]

/** Rooms beside that order: they know only `events`, and only `cli` knows them. */
export const ONLY_EVENTS = ['progress', 'report']

/**
 * The files of sub-folders that other rooms may import; what lies directly in a room's folder may be imported anyway. A file
 * that no other room imports has to go from here.
 */
export const FACES = {
  archive: [
    'stream/compression',
    'stream/count-lines',
    'stream/decompress',
    'stream/digests',
    'stream/pump',
    'tar/audit',
    'tar/command',
    'tar/entry',
    'tar/listing',

    'tar/quote',
    'tar/stream',
  ],
  catalyst: ['read/load-spec', 'read/subarch', 'run/files', 'run/host', 'run/run-stage', 'text/written-file'],
  compare: ['explain/explanation'],
  forecast: ['packages/merges', 'packages/plan', 'packages/planning'],
  inspect: [
    'image/export-image',
    'logs/bundle',
    'logs/collect-logs',
    'logs/failed',
    'logs/logs',
    'why/installed',
    'why/why',
  ],
  portage: [
    'distfiles/digest',
    'distfiles/distfile',
    'distfiles/distfiles',
    'distfiles/mirrors',
    'distfiles/third-party',
    'level/root',
    'live/fetch-live',
    'live/live-package',
    'live/place',
    'live/refuse',
    'live/stage-view',
  ],
  sdk: ['read/fleet', 'read/grammar', 'read/load', 'read/problems', 'read/schema'],
  seed: ['distribution/distribution', 'distribution/host'],
  stage: [
    'finish/complete',
    'finish/finish',
    'finish/isolation',
    'finish/placed-files',
    'finish/reported',
    'finish/root-overlay',
    'finish/tools',
    'plan/environment',
    'plan/mounts',
    'plan/named-files',
    'plan/plan',
    'plan/settings-digest',
    'run/binary-packages',
    'run/hooks',
    'run/input',
    'run/inspect-seed',
    'run/logged',
    'run/observe',
    'run/prepare',
    'run/run-script',
    'run/seed-repos',
    'run/unpacked',
    'run/work',
  ],
  toolchain: [
    'elf/check',
    'elf/elf',
    'elf/headers',
    'elf/sections',
    'elf/table',
    'root/build-paths',
    'root/carried-files',
    'root/owners',
    'root/stray-files',
    'root/scan',
    'root/unowned',
    'root/view',
    'root/write-entries',
  ],
}
