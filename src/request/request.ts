// What a run is asked to do, free of how the command line says it.

import type { StoreRequest } from '../registry/shared-store.js'
import type { Compression, RepoDefinition, SdkDefinition } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import type { Version } from '../sdk/version.js'
import type { SeedChoice } from '../seed/choose.js'
import type { Again, RunnerName } from '../stage/plan/plan.js'
import type { OutputRequest } from './output.js'
import type { PublishTarget } from './publish-target.js'

/** Signing and uploading the release, and putting it into a folder. Keys are as gpg's `--local-user` takes them. */
export interface PublishRequest {
  /** The folder of this release; undefined: they are signed where they are. */
  readonly target: PublishTarget | undefined
  /** A folder that gets it, too. */
  readonly output: OutputRequest | undefined
  /** Signs each file (`.sig`). */
  readonly sign: string | undefined
  /** Signs the DIGESTS (`.asc`). */
  readonly signDigests: string | undefined
  /** What gpg, ssh and rsync get of the caller's environment. */
  readonly environment: Readonly<Record<string, string>>
}

/** A request for a bootstrap. Paths are absolute. */
export interface Request {
  readonly definition: SdkDefinition
  readonly version: Version
  readonly catalystRoot: string
  /** In running order, each once. */
  readonly stages: readonly StageName[]
  /** Full profile name. */
  readonly profile: string
  readonly compression: Compression
  readonly jobs: number
  /** Most memory of a stage, in bytes; undefined: almost all that there is. */
  readonly memoryBytes?: number | undefined
  /** The socket of the Redis server that keeps what compilers have made; undefined: none. */
  readonly compilerCache?: string | undefined
  /** What a stage without one before it begins with. */
  readonly seed: SeedChoice
  readonly rebuild: boolean
  /** Build again what was finished from other trees or scripts. */
  readonly exact: boolean
  /** Read all contents: no digest counts that was taken before (`--exact=content`). */
  readonly readsAll?: boolean
  /** Who performs the stages. */
  readonly runner: RunnerName
  /** A program that performs stages says all that it can. */
  readonly debug?: boolean
  /** Trees for stage 1 alone, in place of those inside the seed. */
  readonly stage1Paths: { readonly main?: string; readonly overlay?: string }
  /** What becomes of the release; undefined: it stays below the catalyst root. */
  readonly publish: PublishRequest | undefined
  /** The shared store; undefined: there is none. */
  readonly store?: StoreRequest | undefined
  readonly mirrors: readonly { readonly name: string; readonly url: string }[]
  readonly gentooMirrors: readonly string[]
  /** Git repositories may be fetched by ssh, with root's keys. */
  readonly gitSsh?: boolean
  /** The words of commands that come back to what is built, for messages. */
  readonly again: Again
  /** With `rebuild` of an earlier run: when each stage began that was finished then. Another one need not be built again. */
  readonly builtBefore?: Readonly<Record<string, string>> | undefined
  /** The seed was given to an earlier run of the version. */
  readonly hasSeedOfBefore?: boolean
  /** Then: the stage that was to begin with it, if not the first of all. */
  readonly seedFor?: StageName
  /** What of the input has no effect, or another one than expected: told when the run begins. */
  readonly notices?: readonly string[]
  /** What the input wants and no stage can have, with the reason: warnings of the run. */
  readonly warnings?: readonly string[]
}

/** The repos that stage 1 gets from a tree of its own, with that tree as their path. */
export function stage1Repos({ definition, stage1Paths }: Request): RepoDefinition[] {
  const { main, overlay } = stage1Paths
  const first = definition.repos.find((repo) => !repo.main)
  return definition.repos.flatMap((repo) => {
    const given = repo.main ? main : repo === first ? overlay : undefined
    return given === undefined ? [] : [{ ...repo, path: given }]
  })
}

/** Whether finished stages need not be compared with the seed: it is what they were asked to begin with, and is read only if it is needed. */
export const isSeedOfBefore = ({ hasSeedOfBefore, exact }: Request): boolean =>
  hasSeedOfBefore === true && !exact
