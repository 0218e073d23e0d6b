// What a run would do and why, without doing any of it: the decisions of bootstrap.ts and resume.ts, with two
// differences: an archive counts as what its record says if it has that size, and no stage's output is new.

import { stat } from 'node:fs/promises'
import { requireSayable } from '../catalyst/run-files.js'
import { SdkError } from '../errors.js'
import { checkRepoName } from '../repos/check-name.js'
import { type RepoSnapshot, repoDigest } from '../repos/snapshot.js'
import { carryGlobs } from '../sdk/carry.js'
import { type RepoDefinition, type StageName, stageBefore } from '../sdk/definition.js'
import { sourceDateEpoch } from '../sdk/source-date.js'
import { namedFiles } from '../stage/named-files.js'
import {
  FORMAT_OF,
  givenTrees,
  type ReposFrom,
  type RunSettings,
  reposFrom,
  updatesSeed,
} from '../stage/plan.js'
import type { Layout } from '../store/layout.js'
import type { StageRecord } from '../store/record.js'
import { changedInputs, wrongSeed } from './changed-inputs.js'
import { type ForeseenSeed, foreseeSeed } from './foresee-seed.js'
import { type Request, stage1Repos } from './request.js'
import { findRecord } from './resume.js'

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
  const run = await settings(request, layout)
  const stages: ForeseenStage[] = []
  let seed: ForeseenSeed | undefined
  const beginning = async (): Promise<ForeseenSeed> => {
    seed ??= await foreseeSeed(request, layout)
    return seed
  }
  for (const stage of request.stages)
    stages.push(await foreseeStage(stage, { request, run, stages, beginning }))
  const { definition } = request
  // A spec makes its stage and nothing else.
  const isLast = definition.spec === undefined && stages.at(-1)?.stage === definition.stages.at(-1)
  return {
    stages,
    seed,
    repos: run.repos,
    release: isLast ? layout.release(FORMAT_OF[request.compression]) : undefined,
  }
}

/** Like `runSettings` of session.ts, but the repos are digested where they are. */
async function settings(request: Request, layout: Layout): Promise<RunSettings> {
  const { definition, version, profile, compression, runner, jobs, command } = request
  const repos: RepoSnapshot[] = []
  for (const repo of definition.repos) repos.push(await look(repo))
  const stage1Trees: RepoSnapshot[] = []
  for (const repo of stage1Repos(request)) stage1Trees.push(await look(repo))
  const files = await namedFiles(definition)
  const common = { definition, layout, version, profile, compression, runner, jobs, command }
  return { ...common, repos, stage1Trees, files, epoch: sourceDateEpoch(definition, version) }
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
  const found = await findRecord(run, stage)
  const before = stages.at(-1)
  const follows = before !== undefined && before.stage === stageBefore(request.definition, stage)
  const common = {
    stage,
    repos: reposFrom(run, stage),
    given: givenTrees(run, stage),
    updatesSeed: updatesSeed(run, stage),
    carry: carryGlobs(request.definition, request.profile, stage),
    archive: found?.output.path ?? run.layout.archive(stage, FORMAT_OF[run.compression]),
  }
  const anew = await reasonToRun(way, found?.record, follows && before.action === 'run')
  if (anew !== undefined)
    return { ...common, action: 'run', reason: anew, seed: await seedOf(stage, way, follows) }
  if (found === undefined) throw new Error(`${stage}: no record, and no reason to run`)
  await checkChain(way, found.record, follows)
  await checkSize(found.record, found.output.path)
  const other = await changedInputs(run, found.record)
  const note = other.length > 0 ? `; built before ${other.join(', ')} changed (--exact builds it again)` : ''
  return { ...common, action: 'skip', reason: `finished${note}` }
}

async function reasonToRun(
  { request, run }: Way,
  record: StageRecord | undefined,
  seedIsNew: boolean,
): Promise<string | undefined> {
  if (request.rebuild) return '--rebuild'
  if (record === undefined) return 'not finished'
  if (seedIsNew) return 'its seed is built anew'
  const other = request.exact ? await changedInputs(run, record) : []
  return other.length > 0 ? `--exact, and ${other.join(', ')} changed since` : undefined
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
  if (before !== undefined && !(isFirst && request.seedTarball !== undefined)) {
    const found = await findRecord(run, before)
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

/** @throws SdkError SDK_CHAIN when a finished stage was built from another seed than it would get, as far as that is known */
async function checkChain(way: Way, record: StageRecord, follows: boolean): Promise<void> {
  const { request, run, stages } = way
  const last = stages.at(-1)
  const before = follows && last !== undefined ? await findRecord(run, last.stage) : undefined
  const given =
    last === undefined && request.seedTarball !== undefined ? (await way.beginning()).sha256 : undefined
  const expected = before?.output.sha256 ?? given
  if (expected !== undefined && expected !== record.inputs.seed.sha256)
    throw wrongSeed(run, record, { sha256: expected })
}

async function checkSize(record: StageRecord, archive: string): Promise<void> {
  const size = await stat(archive).then(
    (info) => info.size,
    () => undefined,
  )
  if (size === record.output.bytes) return
  const found = size === undefined ? 'no file' : `${size} bytes`
  throw new SdkError(
    'SDK_CHAIN',
    `${archive} is not what its record says: expected ${record.output.bytes} bytes, got ${found}`,
    { hint: 'build the stage anew with --rebuild, or restore the archive with its .record.json' },
  )
}
