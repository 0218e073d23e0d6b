// Read this first: the whole bootstrap on one page. A seed goes in; each stage makes the next seed from it; the last
// one is released. Stages that are finished are skipped; whatever does not fit the chain is an error.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Fact } from '../events/event.js'
import { release } from '../release/release.js'
import { type StageName, stageBefore } from '../sdk/definition.js'
import { performStage } from '../stage/perform.js'
import { givenTrees, planStage, type Seed, type StagePlan } from '../stage/plan/plan.js'
import type { StageRecord } from '../store/record.js'
import { firstLink, firstSeedOf, gapLink, type Link } from './chain.js'
import { decide, forgetStage } from './resume.js'
import type { Session } from './session.js'
import { settle } from './settle.js'

/** What a bootstrap leaves: the last stage's archive, the release if the definition's last stage was among them, what was carried. */
export interface Result {
  readonly last: Seed
  readonly artifacts: readonly string[]
  readonly release: string | undefined
  readonly carried: readonly string[]
}

/** Where the run is: the last stage's output, whether it was built just now, and the digest of the first seed. */
interface Position extends Link {
  readonly stage: StageName
  readonly isNew: boolean
}

/**
 * Runs the stages of the session's request, in order.
 *
 * @throws SdkError of any code of the exit code table (docs/manual.md)
 */
export async function bootstrap(session: Session): Promise<Result> {
  let position: Position | undefined
  for (const stage of session.request.stages) position = await advance(session, stage, position)
  if (position === undefined) throw new Error('a request without stages')
  const records = await release(session.run, position.stage)
  await keepOnly(session, [position.first, ...records.records.map((record) => record.output.sha256)])
  const { artifacts, release: released } = records
  return { last: position.seed, artifacts, release: released, carried: carriedBy(records.records) }
}

/** Skips or runs one stage. */
async function advance(
  session: Session,
  stage: StageName,
  position: Position | undefined,
): Promise<Position> {
  const { request, run, shop } = session
  const follows = position !== undefined && position.stage === stageBefore(run.definition, stage)
  // A stage that begins the run is not asked for its seed unless one is given: a finished one needs none.
  const known = follows ? position : await givenLink(session, stage, position)
  const decision = await decide(run, stage, {
    seed: known?.seed,
    seedIsNew: follows && position.isNew,
    rebuild: request.rebuild,
    exact: request.exact,
  })
  if (decision.action === 'skip') {
    await settle(run.layout, decision)
    shop.emit({ type: 'stage-skipped', stage, reason: decision.reason, archive: decision.output.path })
    const first = position?.first ?? (await firstSeedOf(session, stage))
    return { stage, seed: decision.output, first, isNew: false }
  }
  const link = known ?? (await linkOf(session, stage, position))
  const plan = planStage(stage, link.seed, { ...run, firstSeed: link.first })
  shop.emit(started(plan, decision.reason))
  await forgetStage(run, stage)
  return { stage, seed: await performStage(plan, shop), first: link.first, isNew: true }
}

/** What is said of a stage that runs from here on. */
function started(plan: StagePlan, reason: string): Fact {
  const { stage, seed, reposFrom: repos } = plan
  const given = givenTrees(plan, stage).map(({ source }) => source)
  const common = { stage, seed: seed.path, seedDigest: seed.sha256, repos, reason }
  return { type: 'stage-started', ...common, ...(given.length === 0 ? {} : { given }) }
}

/** The seed that a stage which begins the run must have been built from, if the user gave one. */
async function givenLink(
  session: Session,
  stage: StageName,
  position: Position | undefined,
): Promise<Link | undefined> {
  if (position !== undefined || session.request.seed.kind !== 'given') return undefined
  return await firstLink(session, stage)
}

const linkOf = (session: Session, stage: StageName, position: Position | undefined): Promise<Link> =>
  position === undefined ? firstLink(session, stage) : gapLink(session, stage)

/** Packages of the last stage's root that no stage of the chain built: each was carried when it was last merged. */
function carriedBy(records: readonly StageRecord[]): string[] {
  const newestFirst = records.toReversed()
  const originOf = (cpv: string): string | undefined =>
    newestFirst
      .map((record) => record.packages.find((each) => each.cpv === cpv)?.origin)
      .find((origin) => origin !== undefined && origin !== 'seed')
  return (newestFirst[0]?.packages ?? []).map((each) => each.cpv).filter((cpv) => originOf(cpv) === 'carried')
}

/** Gives back the disk space of trees that this version's chain does not need, unless another run uses the store. */
async function keepOnly({ run, shop }: Session, digests: readonly string[]): Promise<void> {
  // A failed attempt of another version still stands on its trees: `enter` wants to go there.
  const attempts = await readdir(path.dirname(run.layout.work('stage1'))).catch(() => [])
  if (attempts.length === 0) await shop.trees.collect(new Set(digests))
}
