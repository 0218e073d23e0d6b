// The verbs of the command as data: what each is for, and its operands. Which options it has is said by each option.

import { STAGES } from '../../sdk/stages.js'

/** A verb. */
export interface Verb {
  readonly summary: string
  /** Its operands, as the help shows them. */
  readonly operands: string
  /** What follows `--` is a command. */
  readonly takesCommand?: true
  /** What its operands can be, for completions: files, or these words. */
  readonly words?: 'files' | readonly string[]
  /** Command lines and what each does, most usual first. `bootstrap_sdk` stands for the program. */
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  /** Whether it needs root; else the option that needs it. */
  readonly root: boolean | string
}

/** Shells that there are completions for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** One of them. */
export type Shell = (typeof SHELLS)[number]

const OPERANDS = STAGES.map((stage) => `[${stage}]`).join(' ')

/** Variables of the environment that have a say about these operands, for the help. */
export const STAGES_VARIABLES = { FORCE_STAGES: 'stages, in place of those on the command line' } as const

/** The verbs by name; `build` is meant when none is named. */
export const VERBS = {
  build: {
    summary: 'build the stages that are not finished, and the release (the default)',
    operands: OPERANDS,
    root: true,
    words: STAGES,
    examples: [
      ['sudo bootstrap_sdk', 'build the SDK: what of it is not finished'],
      ['sudo bootstrap_sdk --version 1.0.0+2026-01-31-1200', 'go on with an aborted build'],
      ['sudo bootstrap_sdk --seed_tarball FILE', 'begin with another SDK'],
      ['sudo bootstrap_sdk stage1 stage2', 'only these stages'],
    ],
  },
  fetch: {
    summary: 'get the seed and all distfiles, so that a build needs no network',
    operands: OPERANDS,
    root: true,
    words: STAGES,
    examples: [
      ['sudo bootstrap_sdk fetch', 'get all that a build needs'],
      ['sudo bootstrap_sdk fetch --sdk ./my-sdk', 'the same for a definition of your own'],
    ],
  },
  plan: {
    summary: 'say which stages a build would run or skip, and why',
    operands: OPERANDS,
    root: '--packages',
    words: STAGES,
    examples: [
      ['bootstrap_sdk plan', 'what a build would do now'],
      ['bootstrap_sdk plan --version 1.0.0+2026-01-31-1200', 'what is left of an aborted one'],
      ['sudo bootstrap_sdk plan --packages', 'also what Portage would merge in each stage'],
    ],
  },
  status: {
    summary: 'list versions, their stages, and what runs now',
    operands: '',
    root: false,
    examples: [
      ['bootstrap_sdk status', 'all versions below ./build/catalyst'],
      ['bootstrap_sdk status --json', 'the same, for programs'],
    ],
  },
  log: {
    summary: 'show the log of what failed last, or the newest one of a package',
    operands: '[PACKAGE]',
    root: false,
    examples: [
      ['bootstrap_sdk log', 'the log of what failed last'],
      ['bootstrap_sdk log sys-devel/gcc', 'the newest log of a package, of any stage'],
      ['bootstrap_sdk log zlib --json', 'where it and older ones are'],
    ],
  },
  why: {
    summary: 'say in which stages a package is, who wants it, and why it was built or taken over',
    operands: 'PACKAGE',
    root: false,
    examples: [
      ['sudo bootstrap_sdk why zlib', 'who wants a package, and why it was built'],
      ['sudo bootstrap_sdk why sys-libs/zlib --version V', 'the same of another one'],
    ],
  },
  'collect-logs': {
    summary: 'pack all that a report of a fault needs as one archive, without secrets',
    operands: '[FILE]',
    root: false,
    words: 'files',
    examples: [
      ['sudo bootstrap_sdk collect-logs', 'logs and facts for a report, as .tar.zst'],
      ['sudo bootstrap_sdk collect-logs logs.tar.gz --version V', 'of another one, under this name'],
    ],
  },
  report: {
    summary: 'say what a version took: packages, waits, critical path; or how two versions differ',
    operands: '[--compare V1 V2]',
    root: false,
    examples: [
      ['bootstrap_sdk report', 'what the newest version took'],
      ['bootstrap_sdk report --html report.html', 'the page of it, here'],
      ['bootstrap_sdk report --compare V1 V2', 'which packages took another time, are new, or gone'],
    ],
  },
  serve: {
    summary: "show a version's report live, at an address of this machine",
    operands: '',
    root: false,
    examples: [
      ['bootstrap_sdk serve', 'the newest version, also while it is built'],
      ['bootstrap_sdk serve --version V --port 8080', 'another one, at this port'],
    ],
  },
  doctor: {
    summary: 'check what this machine needs, and say how to get it',
    operands: '',
    root: true,
    examples: [
      ['bootstrap_sdk doctor', 'what this machine lacks'],
      ['sudo bootstrap_sdk doctor', 'also whether it can make sandboxes'],
    ],
  },
  enter: {
    summary: 'open a shell in a stage, or in the finished SDK (the default), or run a command there',
    operands: `[${STAGES.join('|')}|sdk] [-- COMMAND...]`,
    takesCommand: true,
    root: true,
    words: [...STAGES, 'sdk'],
    examples: [
      ['sudo bootstrap_sdk enter', 'a shell in a copy of the newest SDK'],
      ['sudo bootstrap_sdk enter sdk -- gcc --version', 'one command there, with its exit code'],
      [
        'sudo bootstrap_sdk enter --bind $PWD:/mnt --keep mine',
        'with this folder; what is changed is kept as "mine"',
      ],
      ['sudo bootstrap_sdk enter stage3', 'a shell in the newest stage 3, finished or failed'],
    ],
  },
  export: {
    summary: 'write a stage, or the finished SDK (the default), as an image for container engines',
    operands: `[${STAGES.join('|')}|sdk]`,
    root: true,
    words: [...STAGES, 'sdk'],
    examples: [
      ['sudo bootstrap_sdk export sdk --oci ./image', 'an OCI image layout, for skopeo and podman'],
      ['sudo bootstrap_sdk export --oci image.tar', 'the same as one file'],
      ['sudo bootstrap_sdk export --docker_archive sdk.tar', 'for docker load and podman load'],
    ],
  },
  verify: {
    summary: 'check archives against their digests and records; all of the version when no file is named',
    operands: '[FILE...]',
    root: true,
    words: 'files',
    examples: [
      ['sudo bootstrap_sdk verify', 'all archives of the newest version'],
      ['sudo bootstrap_sdk verify FILE', 'one archive, by the record or DIGESTS beside it'],
    ],
  },
  compare: {
    summary: 'say how two stages or SDKs differ: packages, files, owners, modes, links, capabilities',
    operands: 'A B',
    root: false,
    words: 'files',
    examples: [
      ['bootstrap_sdk compare OLD.tar.zst NEW.tar.zst', 'how two archives differ'],
      ['bootstrap_sdk compare A B --ignore explained', 'without what has a known reason'],
    ],
  },
  clean: {
    summary: 'remove what can be rebuilt: unpacked trees, caches, what aborted runs left',
    operands: '',
    root: true,
    examples: [
      ['bootstrap_sdk clean --dry_run', 'what would go, and how much that is'],
      ['sudo bootstrap_sdk clean', 'remove what can be made again'],
      ['sudo bootstrap_sdk clean --keep 3', 'also all but the newest three versions'],
    ],
  },
  config: {
    summary: 'show what options are by configuration files, and where each is from',
    operands: 'show',
    root: false,
    words: ['show'],
    examples: [
      ['bootstrap_sdk config show', 'values and where they are from'],
      ['bootstrap_sdk config show --json', 'the same, for programs'],
    ],
  },
  store: {
    summary: 'look at the shared store, put finished stages into it, fetch one, or remove old ones',
    operands: 'ls | push [STAGE...] | pull KEY DIR | gc',
    root: false,
    words: ['ls', 'push', 'pull', 'gc', ...STAGES],
    examples: [['bootstrap_sdk store ls --store oci://HOST/NAME', 'what is there, and who signed it']],
  },
  init: {
    summary: 'make a definition of your own, with an overlay of one package, that builds at once',
    operands: 'DIR',
    root: false,
    words: 'files',
    examples: [
      ['bootstrap_sdk init my-sdk', 'the default SDK, with a package of yours'],
      ['sudo bootstrap_sdk --sdk ./my-sdk', 'build it'],
      ['bootstrap_sdk init my-sdk --sdk ./other', 'the same, upon another definition'],
      ['bootstrap_sdk init my-sdk --bare', 'from nothing: two small repositories, a first seed'],
    ],
  },
  completion: {
    summary: 'write the completion of this command for a shell',
    operands: SHELLS.join('|'),
    root: false,
    words: SHELLS,
    examples: [
      ['source <(bootstrap_sdk completion bash)', 'in ~/.bashrc'],
      ['bootstrap_sdk completion zsh >DIR/_bootstrap_sdk', 'DIR being a folder of $fpath'],
      ['bootstrap_sdk completion fish | source', 'in config.fish'],
    ],
  },
} as const satisfies Record<string, Verb>

/** Name of a verb. */
export type VerbName = keyof typeof VERBS

/** All names. */
export const VERB_NAMES = Object.keys(VERBS) as VerbName[]

/** The verbs that are about an SDK and its catalyst root. */
export const SDK_VERBS: readonly VerbName[] = VERB_NAMES.filter(
  (name) => name !== 'completion' && name !== 'init',
)

/** Whether what follows `--` is a command for this verb. */
export function takesCommand(verb: VerbName): boolean {
  const { takesCommand: takes }: Verb = VERBS[verb]
  return takes === true
}

/** Whether `word` is a verb. */
export const isVerb = (word: string | undefined): word is VerbName =>
  word !== undefined && Object.hasOwn(VERBS, word)
