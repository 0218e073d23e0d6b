// What a run would do and why, without doing any of it: the decisions of bootstrap.ts and resume.ts, with one
// difference: an archive counts as what its record says if it has that size.

import { finishedStage, judge } from '../bootstrap/resume.js'
import { runSettings } from '../bootstrap/session.js'
import { requireSayable } from '../catalyst/run/files.js'
import { SdkError } from '../errors.js'
import { checkRepoName } from '../repos/check-name.js'
import { type RepoSnapshot, repoDigest } from '../repos/snapshot.js'
import type { Request } from '../request/request.js'
import { carryGlobs } from '../sdk/carry.js'
import { type RepoDefinition, type StageName, stageBefore } from '../sdk/definition.js'
import { givenTrees, type ReposFrom, type RunSettings, reposFrom, updatesSeed } from '../stage/plan/plan.js'
import type { Layout } from '../store/layout.js'
import { checkSize } from '../store/record.js'
import { type ForeseenSeed, foreseeSeed } from './seed.js'

/** What would happen to one stage. */
export interface ForeseenStage {
  readonly stage: StageName
  readonly action: 'run' | 'skip'
  readonly reason: string
  /** Of a stage that runs; no digest where it is not known before. */
  readonly seed?: { readonly from: string; readonly path?: string; readonly sha256?: string }
  readonly repos: ReposFrom
  /** Trees that this stage alone is given, in place of repos of `repos`. */
  readonly given: readonly RepoSnapshot[]
  /** The seed's own packages are updated first, whether a hook asks for it or not. */
  readonly updatesSeed: boolean
  readonly carry: readonly string[]
  /** The archive that is there, or that is made. */
  readonly archive: string
}

/** A run, foreseen. */
export interface Foresight {
  readonly stages: readonly ForeseenStage[]
  /** Where the run begins; undefined when nothing has to be built from it. */
  readonly seed: ForeseenSeed | undefined
  readonly repos: readonly RepoSnapshot[]
  /** The release, if the run makes it or finds it made. */
  readonly release: string | undefined
}

/** @throws SdkError as the run itself would: SDK_USAGE for what its runner cannot build, SDK_REPO, SDK_SEED, SDK_CHAIN */
export async function foresee(request: Request, layout: Layout): Promise<Foresight> {
  if (request.runner === 'catalyst') requireSayable(request.definition, request.profile)
  const run = await runSettings(request, layout, look)
  const stages: ForeseenStage[] = []
  let seed: ForeseenSeed | undefined
  const beginning = async (): Promise<ForeseenSeed> => {
    seed ??= await foreseeSeed(request, layout)
    return seed
  }
  for (const stage of request.stages)
    stages.push(await foreseeStage(stage, { request, run, stages, beginning }))
  const { definition } = request
  const makesRelease = definition.release && stages.at(-1)?.stage === definition.stages.at(-1)
  return {
    stages,
    seed,
    repos: run.repos,
    release: makesRelease ? layout.release(request.compression) : undefined,
  }
}

/** A repo as its snapshot would be. @throws SdkError SDK_REPO */
async function look(repo: RepoDefinition): Promise<RepoSnapshot> {
  await checkRepoName(repo)
  const digest = await repoDigest(repo)
  return { ...repo, source: repo.path, digest, frame: '' }
}

interface Way {
  readonly request: Request
  readonly run: RunSettings
  /** What was foreseen so far. */
  readonly stages: readonly ForeseenStage[]
  readonly beginning: () => Promise<ForeseenSeed>
}

async function foreseeStage(stage: StageName, way: Way): Promise<ForeseenStage> {
  const { request, run, stages } = way
  const found = request.rebuild ? undefined : await finishedStage(run, stage)
  const before = stages.at(-1)
  const follows = before !== undefined && before.stage === stageBefore(request.definition, stage)
  const common = {
    stage,
    repos: reposFrom(run, stage),
    given: givenTrees(run, stage),
    updatesSeed: updatesSeed(run, stage),
    carry: carryGlobs(request.definition, request.profile, stage),
    archive: found?.output.path ?? run.layout.archive(stage, run.compression),
  }
  const seedIsNew = follows && before.action === 'run'
  const { action, reason } = await judge(run, found?.record, {
    seed: found === undefined || seedIsNew ? undefined : await expectedSeed(way, follows),
    seedIsNew,
    rebuild: request.rebuild,
    exact: request.exact,
  })
  if (action === 'run' || found === undefined)
    return { ...common, action: 'run', reason, seed: await seedOf(stage, way, follows) }
  await checkSize(found.record, found.output.path)
  return { ...common, action, reason }
}

/** The seed of a stage that runs. @throws SdkError SDK_CHAIN when the stage before it would be missing */
async function seedOf(
  stage: StageName,
  way: Way,
  follows: boolean,
): Promise<NonNullable<ForeseenStage['seed']>> {
  const { request, run, stages } = way
  const before = stageBefore(request.definition, stage)
  const last = stages.at(-1)
  if (follows && last?.action === 'run') return { from: last.stage, path: last.archive }
  const isFirst = last === undefined
  if (before !== undefined && !(isFirst && request.seed.kind === 'given')) {
    const found = await finishedStage(run, before)
    if (found !== undefined) return { from: before, ...found.output }
    if (!isFirst)
      throw new SdkError('SDK_CHAIN', `${stage} needs ${before}, which is not finished`, {
        hint: `ask for ${before} too, or leave the stages out to run all of them`,
      })
  }
  const { kind, path: file, sha256 } = await way.beginning()
  return {
    from: kind,
    ...(file === undefined ? {} : { path: file }),
    ...(sha256 === undefined ? {} : { sha256 }),
  }
}

/** The seed that a finished stage should have been built from, as far as that is known before the run. */
async function expectedSeed(way: Way, follows: boolean): Promise<{ sha256: string } | undefined> {
  const { request, run, stages } = way
  const last = stages.at(-1)
  if (last !== undefined) return follows ? (await finishedStage(run, last.stage))?.output : undefined
  const given = request.seed.kind !== 'given' ? undefined : (await way.beginning()).sha256
  return given === undefined ? undefined : { sha256: given }
}
