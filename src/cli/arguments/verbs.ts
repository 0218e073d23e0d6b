// The verbs of the command as data: what each is for, and which options and operands belong to it.

import type { OptionName } from './option-table.js'

/** A verb. */
export interface Verb {
  readonly summary: string
  /** Its operands, as the help shows them. */
  readonly operands: string
  readonly options: readonly OptionName[]
}

const ALWAYS = ['help', 'version_info'] as const satisfies readonly OptionName[]
const ANY = ['catalyst_root', 'sdk', 'scripts', 'json', 'debug'] as const satisfies readonly OptionName[]
const PLACE = ['version', ...ANY] as const satisfies readonly OptionName[]
const TREES = ['portage_stable', 'coreos_overlay', 'profile'] as const satisfies readonly OptionName[]
const FETCH = [
  'seed_tarball',
  'stage1_portage_path',
  'stage1_overlay_path',
  'jobs',
  'mirror',
  'host_setup',
  'file',
  'config',
] as const satisfies readonly OptionName[]
const STAGE = ['rebuild', 'exact', 'compression', 'runner'] as const satisfies readonly OptionName[]
const PUBLISH = [
  'upload',
  'upload_root',
  'upload_path',
  'sign',
  'sign_digests',
  'parallel',
  'private',
  'download_root',
  'download_path',
  'image_compression_formats',
  'only_store_compressed',
] as const satisfies readonly OptionName[]
const STAGES = '[stage1] [stage2] [stage3] [stage4]'

/** The verbs by name; `build` is meant when none is named. */
export const VERBS = {
  build: {
    summary: 'build the stages that are not finished, and the release (the default)',
    operands: STAGES,
    options: [...PLACE, ...TREES, ...FETCH, ...STAGE, ...PUBLISH, ...ALWAYS],
  },
  fetch: {
    summary: 'get the seed and all distfiles, so that a build needs no network',
    operands: STAGES,
    options: [...PLACE, ...TREES, ...FETCH, ...ALWAYS],
  },
  plan: {
    summary: 'say which stages a build would run or skip, and why',
    operands: STAGES,
    options: [...PLACE, ...TREES, ...FETCH, ...STAGE, 'packages', 'write_specs', ...PUBLISH, ...ALWAYS],
  },
  status: {
    summary: 'list versions, their stages, and what runs now',
    operands: '',
    options: [...PLACE, ...ALWAYS],
  },
  doctor: {
    summary: 'check what this machine needs, and say how to get it',
    operands: '',
    options: [...ANY, 'runner', ...ALWAYS],
  },
  enter: {
    summary: 'open a shell in a stage, or in the finished SDK (the default)',
    operands: '[stage1|stage2|stage3|stage4|sdk]',
    options: [...PLACE, ...TREES, 'file', 'config', ...ALWAYS],
  },
  verify: {
    summary: 'check archives against their digests and records; all of the version when no file is named',
    operands: '[FILE...]',
    options: [...PLACE, ...ALWAYS],
  },
  compare: {
    summary: 'say how two stages or SDKs differ: packages, files, owners, modes, links, capabilities',
    operands: 'A B',
    options: [...ANY, 'ignore', ...ALWAYS],
  },
  clean: {
    summary: 'remove what can be rebuilt: unpacked trees, caches, what aborted runs left',
    operands: '',
    options: [...ANY, ...ALWAYS],
  },
} as const satisfies Record<string, Verb>

/** Name of a verb. */
export type VerbName = keyof typeof VERBS

/** All names. */
export const VERB_NAMES = Object.keys(VERBS) as VerbName[]

/** Whether `word` is a verb. */
export const isVerb = (word: string | undefined): word is VerbName =>
  word !== undefined && Object.hasOwn(VERBS, word)
