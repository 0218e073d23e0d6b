// What a command line asks for, typed and checked: the answer of options.ts and the input of every command.

import type { Ignorable } from '../compare/ignore.js'
import type { Compression } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import type { Version } from '../sdk/version.js'
import type { RunnerName } from '../stage/plan/plan.js'

/** A base URL for the distfiles of a `mirror://NAME/…` address. */
export interface Mirror {
  readonly name: string
  /** http, https or file; without a final slash. */
  readonly url: string
}

/**
 * The options, complete: what was not given, or does not belong to the verb, has its default; those without effect, for
 * Flatcar's callers, are left out. Paths are as given, relative to the working directory; undefined leaves the choice to
 * the definition or to what is there.
 */
export interface Options {
  /** Where everything is built. */
  readonly catalystRoot: string
  /** The tree of the main repo, instead of the definition's. */
  readonly portageStable: string | undefined
  /** The tree of the overlay, instead of the definition's. */
  readonly coreosOverlay: string | undefined
  readonly seedTarball: string | undefined
  /** The checkout that a definition's `{scripts}` stands for. */
  readonly scripts: string | undefined
  /** Trees for stage 1 alone, instead of those inside the seed. */
  readonly stage1PortagePath: string | undefined
  readonly stage1OverlayPath: string | undefined
  readonly version: Version | undefined
  /** `repo:path` or `path`. */
  readonly profile: string | undefined
  /** Name of an SDK or folder of a definition. */
  readonly sdk: string
  readonly compression: Compression | undefined
  /** Processes at once, at least 1. */
  readonly jobs: number | undefined
  /** In the order given; several of one name are tried in that order. */
  readonly mirrors: readonly Mirror[]
  /** Differences that `compare` is to take no notice of. */
  readonly ignore: readonly Ignorable[]
  readonly runner: RunnerName
  /** Build again what is finished. */
  readonly rebuild: boolean
  /** Build again what was finished from other trees. */
  readonly exact: boolean
  /** `plan`: ask Portage what each stage would merge. */
  readonly packages: boolean
  /** `plan`: the folder for catalyst's spec and configuration files. */
  readonly writeSpecs: string | undefined
  /** A spec file of catalyst, and its catalyst.conf. */
  readonly specFile: string | undefined
  readonly confFile: string | undefined
  readonly upload: boolean
  readonly uploadRoot: string | undefined
  readonly uploadPath: string | undefined
  /** GPG keys, as gpg's `--local-user` takes them. */
  readonly sign: string | undefined
  readonly signDigests: string | undefined
  readonly debug: boolean
  readonly json: boolean
  /** Whether the command may install missing host tools. */
  readonly hostSetup: boolean
}

/** A verb that takes stages; none means all stages of the definition. Sorted, each once. */
export interface StagesInvocation {
  readonly kind: 'build' | 'fetch' | 'plan'
  readonly stages: readonly StageName[]
  readonly options: Options
}

/** What the user asks for. */
export type Invocation =
  | StagesInvocation
  | { readonly kind: 'enter'; readonly target: StageName | 'sdk'; readonly options: Options }
  /** `files` empty: all archives of the version. */
  | { readonly kind: 'verify'; readonly files: readonly string[]; readonly options: Options }
  /** `operands`: the two to compare, archives, folders or names as the command explains. */
  | { readonly kind: 'compare'; readonly operands: readonly [string, string]; readonly options: Options }
  | { readonly kind: 'status' | 'doctor' | 'clean'; readonly options: Options }
  /** Text to print on standard output. */
  | { readonly kind: 'help'; readonly text: string }
  /** The version of this program is asked for, not that of an SDK. */
  | { readonly kind: 'tool-version' }
