// What one stage will do, decided before anything is done (pure).

import { ownCommand } from '../../process/own-command.js'
import type { RepoSnapshot } from '../../repos/snapshot.js'
import { rootInside } from '../../sandbox/inside.js'
import { carryGlobs } from '../../sdk/carry.js'
import { type Compression, type RepoOrigin, type SdkDefinition, stageProfile } from '../../sdk/definition.js'
import { parseProfile } from '../../sdk/profile.js'
import { type StageName, stagesThat, TRAITS } from '../../sdk/stages.js'
import type { Version } from '../../sdk/version.js'
import type { DigestMemory } from '../../store/digest/known-digest.js'
import type { Layout } from '../../store/layout.js'
import type { StageRecord } from '../../store/record.js'
import type { NamedFile } from './named-files.js'

/** A seed archive, by its digest; the path is where it was found. */
export interface Seed {
  readonly path: string
  readonly sha256: string
  /** How a chain's first seed was found; undefined for the output of a stage. */
  readonly origin?: SeedOrigin
  /** The key of the stage that made it (`stage/key.ts`); undefined for a given one, and where it had none. */
  readonly key?: string | undefined
  /** Digest of the files of its root, where it is known: binary packages that are built upon the seed are kept by it, and not by that of its archive. */
  readonly keptBy?: string | undefined
}

/** What a stage is planned upon: a seed, or the root of a stage whose archive is still being made. */
export type PlannedSeed = Seed | SeedRoot

/** The root of a stage of this run; the digest of its archive comes later. */
export interface SeedRoot {
  /** Where its archive will be. */
  readonly path: string
  readonly sha256?: undefined
  readonly origin?: undefined
  readonly key: string
  readonly keptBy: string
  /** The layers that it lies in, top first. */
  readonly layers: readonly string[]
  /** What its configuration and overlays have put into it. */
  readonly placed: NonNullable<StageRecord['inputs']['placed']>
  /** Settles when its record is written, or when that has failed. */
  readonly archived: Promise<Archived>
}

/** A stage that has its record, and the layers of its tree in the store, top first. */
export interface Archived {
  readonly seed: Seed
  readonly layers: readonly string[]
}

/** What the binary packages of a stage that is built upon `seed` are kept by. */
export const keptBy = (seed: PlannedSeed): string =>
  seed.sha256 === undefined ? seed.keptBy : (seed.keptBy ?? seed.sha256)

/** A seed as far as it is known before it is there. */
export type KnownSeed = { readonly [part in 'path' | 'sha256' | 'key']?: string | undefined }

/** What makes the stages of a run, beside the program's own code; all of it may be seen in what they put out. */
export interface Makers {
  /** The stage scripts and their libraries, digests by name. */
  readonly scripts: Readonly<Record<string, string>>
  /** The program that compresses archives, with its options. */
  readonly compressor: readonly string[]
  /** Versions of tools, by name. */
  readonly tools: Readonly<Record<string, string>>
  /** The processor, where compilers are told to build for it. */
  readonly processor?: string
}

/** Why a seed is what it is: for the record. */
export interface SeedOrigin {
  readonly kind: 'given' | 'own SDK' | 'seed version' | 'distribution'
  /** Version of the SDK that it is, where that is known. */
  readonly version?: string | undefined
  /** Fingerprint of the key whose signature was checked. */
  readonly signedBy?: string | undefined
}

/** The words that call this program again about what a run is about: for a verb and its operands, for the same run without any. */
export type Again = (verb?: string, ...operands: string[]) => readonly string[]

/** Who performs the stages of a run. */
export type RunnerName = 'native' | 'catalyst'

/** What all stages of a run share. */
export interface RunSettings {
  readonly definition: SdkDefinition
  readonly layout: Layout
  readonly version: Version
  /** Full profile name, `repo:path`. */
  readonly profile: string
  readonly compression: Compression
  readonly runner: RunnerName
  readonly jobs: number
  /** Most memory of a stage, in bytes; undefined: almost all that there is. */
  readonly memoryBytes: number | undefined
  /** The socket of the Redis server in which what compilers have made is kept; undefined: they have no cache. */
  readonly compilerCache: string | undefined
  /** Seconds since 1970 that newer mtimes are set to. */
  readonly epoch: number
  /** The words of commands that come back here. */
  readonly again: Again
  /** Where digests that were taken before are looked for, and noted. */
  readonly memory?: DigestMemory
  /** The checkout's repos, copied. */
  readonly repos: readonly RepoSnapshot[]
  /** Trees that are given for stage 1 alone (`--stage1_portage_path`), copied. */
  readonly stage1Trees?: readonly RepoSnapshot[]
  /** The files outside the repos that the definition names; of its own one, and of those that it extends, the digest. */
  readonly files?: readonly NamedFile[]
  readonly definitionSha256: string
  readonly makers: Makers
}

/** Where a repo of a stage is from: inside its seed, or a tree of this machine, the checkout's or one that is given. */
export type RepoSource = { readonly from: 'seed' } | { readonly from: 'tree'; readonly path: string }

/** A tree that nobody changes any more. */
export type RepoTree = Omit<RepoSnapshot, 'source'>

/** A repo as a stage has it. */
export interface StageRepo {
  readonly name: string
  readonly main: boolean
  /** Where it is in the stage. */
  readonly location: string
  readonly source: RepoSource
  /** Hooks have edited a copy of it, which is its tree. */
  readonly edited: boolean
  /** What is mounted there, read-only; undefined: the seed has it there. */
  readonly tree?: RepoTree
}

/** One stage, planned. */
export interface StagePlan extends RunSettings {
  readonly stage: StageName
  readonly seed: PlannedSeed
  /** Digest of the chain's first seed: what the pool of carried packages is keyed by. */
  readonly firstSeed: string
  /** Digest of all that decides what the stage puts out; undefined where nobody can tell. */
  readonly key?: string | undefined
  /** Where the stage's root is inside the chroot, e.g. `/tmp/stage2root`. */
  readonly stageRoot: string
  /** Stage 1 takes its repos from inside the seed, as a rule; the others get the checkout's, read-only. */
  readonly reposFrom: ReposFrom
  readonly stageRepos: readonly StageRepo[]
  /** Stage 1: the seed's own packages are updated first, in a copy of the seed that is thrown away. */
  readonly updateSeed: boolean
  readonly carry: readonly string[]
  /** Stage 1 also keeps these for stage 4, which installs what no stage before it does. */
  readonly carryLater: readonly string[]
}

/** The command that enters what is left of a failed stage. */
export const enterCommand = ({ again, stage }: Pick<StagePlan, 'again' | 'stage'>): string =>
  ownCommand(again('enter', stage))

/** A plan whose seed has its archive. */
export type SeededPlan = StagePlan & { readonly seed: Seed }

/** Plans `stage` on `seed`. */
export function planStage<S extends PlannedSeed>(
  stage: StageName,
  seed: S,
  run: RunSettings & Pick<StagePlan, 'firstSeed' | 'key'>,
): StagePlan & { readonly seed: S } {
  const carry = carryGlobs(run.definition, run.profile, stage)
  return {
    ...run,
    stage,
    seed,
    stageRoot: rootInside(stage),
    reposFrom: reposFrom(run, stage),
    stageRepos: stageRepos(run, stage),
    updateSeed: updatesSeed(run, stage),
    carry,
    carryLater: carriedLater(run, stage),
  }
}

/** What `stage` keeps for the stages that take from its pool: they install what no stage before them does. Globs. */
export function carriedLater({ definition, profile }: RunSettings, stage: StageName): readonly string[] {
  if (TRAITS[stage].pool !== 'keeps') return []
  return stagesThat(({ pool }) => pool === 'takes').flatMap((later) => carryGlobs(definition, profile, later))
}

/** The trees that `stage` alone is given, in place of repos that it would have. */
export const givenTrees = ({ stage1Trees = [] }: RunSettings, stage: StageName): readonly RepoSnapshot[] =>
  TRAITS[stage].ownSetup ? stage1Trees : []

/** Whether the seed's own packages are updated before those of `stage`. A hook may still ask for it where they are not. */
export const updatesSeed = (run: RunSettings, stage: StageName): boolean =>
  TRAITS[stage].ownSetup && (run.definition.stage.stage1.updateSeed || givenTrees(run, stage).length > 0)

/**
 * Whether a stage's "/" is a private copy of its seed, thrown away afterwards: its packages may ask for build dependencies that a
 * seed which was not made from the same repos does not have, and Portage merges them there.
 */
export const completesSeed = ({ stage, updateSeed, reposFrom: from }: SeedUse): boolean =>
  TRAITS[stage].root === 'empty' && (updateSeed || from !== 'seed')

type SeedUse = Pick<StagePlan, 'stage' | 'updateSeed' | 'reposFrom'>

/** Whose repos a stage uses, apart from trees that are given for stage 1. */
export const repoOrigin = (definition: SdkDefinition, stage: StageName): RepoOrigin =>
  TRAITS[stage].ownSetup ? definition.stage.stage1.repos : 'checkout'

/** Whose repos a stage uses: `given` if it is given a tree for each; those that are not given are of {@link repoOrigin}. */
export type ReposFrom = RepoOrigin | 'given'

/** Whose repos `stage` uses; where only some are given, whose the others are. */
export function reposFrom(run: RunSettings, stage: StageName): ReposFrom {
  const given = givenTrees(run, stage)
  const isGiven = (name: string): boolean => given.some((each) => each.name === name)
  return run.repos.every(({ name }) => isGiven(name)) ? 'given' : repoOrigin(run.definition, stage)
}

/** The repos of a stage, in the definition's order, before any hook has edited them. */
export function stageRepos(run: RunSettings, stage: StageName): StageRepo[] {
  return run.repos.map((repo) => {
    const given = givenTrees(run, stage).find(({ name }) => name === repo.name)
    const isCheckout = repoOrigin(run.definition, stage) === 'checkout'
    const { name, main, location, archive } = repo
    const known = { name, main, edited: false, location: isCheckout ? location : archive }
    const tree = given ?? (isCheckout ? repo : undefined)
    if (tree === undefined) return { ...known, source: { from: 'seed' } }
    return { ...known, source: { from: 'tree', path: tree.source }, tree }
  })
}

/** The repo and path of the profile of a stage; the path is below the repo's `profiles`. */
export function profileOf(plan: StagePlan): { location: string; path: string } {
  const profile = stageProfile(plan.definition, plan.profile, plan.stage)
  const name = parseProfile(profile)
  const repo = plan.stageRepos.find((each) =>
    name?.repo === undefined ? each.main : each.name === name.repo,
  )
  if (name === undefined || repo === undefined) throw new Error(`profile ${profile} was not checked`)
  return { location: repo.location, path: name.path }
}

/** Digests of the files outside the repos that concern `stage`, by key. */
export function filesOf(run: RunSettings, stage: string): Record<string, string> {
  const ofStage = (run.files ?? []).filter((file) => file.stage === undefined || file.stage === stage)
  return Object.fromEntries(ofStage.map(({ key, sha256 }) => [key, sha256]))
}
