// The verbs of the command as data: what each is for, and its operands. Which options it has is said by each option.

/** A verb. */
export interface Verb {
  readonly summary: string
  /** Its operands, as the help shows them. */
  readonly operands: string
}

const STAGES = '[stage1] [stage2] [stage3] [stage4]'

/** Variables of the environment that have a say about these operands, for the help. */
export const STAGES_VARIABLES = { FORCE_STAGES: 'stages, in place of those on the command line' } as const

/** The verbs by name; `build` is meant when none is named. */
export const VERBS = {
  build: {
    summary: 'build the stages that are not finished, and the release (the default)',
    operands: STAGES,
  },
  fetch: {
    summary: 'get the seed and all distfiles, so that a build needs no network',
    operands: STAGES,
  },
  plan: {
    summary: 'say which stages a build would run or skip, and why',
    operands: STAGES,
  },
  status: {
    summary: 'list versions, their stages, and what runs now',
    operands: '',
  },
  doctor: {
    summary: 'check what this machine needs, and say how to get it',
    operands: '',
  },
  enter: {
    summary: 'open a shell in a stage, or in the finished SDK (the default)',
    operands: '[stage1|stage2|stage3|stage4|sdk]',
  },
  verify: {
    summary: 'check archives against their digests and records; all of the version when no file is named',
    operands: '[FILE...]',
  },
  compare: {
    summary: 'say how two stages or SDKs differ: packages, files, owners, modes, links, capabilities',
    operands: 'A B',
  },
  clean: {
    summary: 'remove what can be rebuilt: unpacked trees, caches, what aborted runs left',
    operands: '',
  },
} as const satisfies Record<string, Verb>

/** Name of a verb. */
export type VerbName = keyof typeof VERBS

/** All names. */
export const VERB_NAMES = Object.keys(VERBS) as VerbName[]

/** Whether `word` is a verb. */
export const isVerb = (word: string | undefined): word is VerbName =>
  word !== undefined && Object.hasOwn(VERBS, word)
