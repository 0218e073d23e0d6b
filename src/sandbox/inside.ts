// Where things are inside the sandbox of a stage, and of a seed that is being made (docs/stage-contract.md). The scripts have
// the first of these names in stages/lib/contract.sh. Relative to "/", or to the root that the script goes into.

/** Read-only input of the script; what it puts out is below it. */
const INPUT = '/run/bootstrap_sdk'

/** Absolute paths. */
export const INSIDE = {
  input: INPUT,
  /** What the script reports; writable. */
  output: `${INPUT}/output`,
  /** Portage's configuration, and where it stores what is installed. */
  configuration: '/etc/portage',
  databases: '/var/db',
  packageDatabase: '/var/db/pkg',
  temporary: '/var/tmp',
  caches: '/var/cache',
  distfiles: '/var/cache/distfiles',
  /** Objects of the kept Git repositories, and the repositories that a stage's live ebuilds work with. */
  gitObjects: `${INPUT}/git3-src`,
  git: '/var/cache/distfiles/git3-src',
  /** Binary packages of this stage, and those that are carried from the first seed to stage 4. */
  packages: '/var/cache/binpkgs',
  carried: '/var/cache/carried',
  /** What configure scripts have found out; the eclass of the packages knows this name. */
  answers: '/var/cache/configure-answers',
  logs: '/var/log',
  log: '/var/log/portage',
  /** Where stage 4 puts the overlay of the cross toolchains, as Flatcar does. */
  crossOverlay: '/usr/local/portage/crossdev',
} as const

/** The root that `stage` fills: a stage's name, or `seed`. */
export const rootInside = (stage: string): string => `/tmp/${stage}root`

/** The command that runs a pass of the script of `stage`. */
export const scriptInside = (stage: string, pass: 'prepare' | 'run'): [string, ...string[]] => [
  '/bin/bash',
  `${INPUT}/stage/${stage}.sh`,
  pass,
]
