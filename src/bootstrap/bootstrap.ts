// Read this after ARCHITECTURE.md: the whole bootstrap on one page. A seed goes in; each stage makes the next seed from it;
// the last one is released. Stages that are finished are skipped; whatever does not fit the chain is an error.

import { readdir } from 'node:fs/promises'
import type { Fact } from '../events/event.js'
import { release } from '../release/release.js'
import type { StageName } from '../sdk/stages.js'
import { finishedStage, firstSeedOf, forgetStage } from '../stage/finished.js'
import { stageKey } from '../stage/key.js'
import { givenTrees, planStage, type Seed, type StagePlan } from '../stage/plan/plan.js'
import { runStage } from '../stage/run-stage.js'
import { knownSha256 } from '../store/digest/known-digest.js'
import type { StageRecord } from '../store/record.js'
import { verifyArchive } from '../store/recorded-archive.js'
import { Beside, type Finish, mayFinishBeside, seedOf } from './beside.js'
import { type FirstLink, firstLinkOf, linkFor, type PlannedLink } from './chain.js'
import { endLeftovers } from './leftovers.js'
import { mayTake, nextStep, orTake, type Step } from './next-step.js'
import type { Session } from './session.js'
import { givenSeed, stageFacts } from './stage-facts.js'

/** What a bootstrap leaves: the last stage's archive, the release if the definition's last stage was among them, what was carried. */
export interface Result {
  readonly last: Seed
  readonly artifacts: readonly string[]
  readonly release: string | undefined
  readonly carried: readonly string[]
}

/** A stage that this run has skipped or built: its output, whether this run built it, and the digest of the chain's first seed. */
interface Done extends PlannedLink {
  readonly stage: StageName
  readonly isNew: boolean
}

/**
 * Runs the stages of the session's request, in order.
 *
 * @throws SdkError of any code of the exit code table (docs/manual.md)
 */
export async function bootstrap(session: Session): Promise<Result> {
  const { uploads } = session
  const beside = new Beside(session.services)
  const last = await runStages(session, beside).catch(async (error: unknown) => {
    throw await uploads.causeOf(await beside.causeOf(error))
  })
  // Before the release: of a stage that turns out not to be reproducible nothing is released.
  await uploads.done()
  const released = await release(session.run, last.stage)
  const { artifacts, records } = released
  await keepOnly(session, [last.firstSeed, ...records.map((record) => record.output.sha256)])
  // Read while they are in memory: the next run, which may have nothing to do, need not.
  // One of a stage that was not asked for may be gone.
  const { memory } = session.run
  for (const archive of artifacts)
    await knownSha256(memory, archive, session.services.emit).catch(() => undefined)
  return {
    last: await seedOf(last.seed),
    artifacts,
    release: released.release,
    carried: carriedPackages(records),
  }
}

async function runStages(session: Session, beside: Beside): Promise<Done> {
  const findFirst = firstLinkOf(session, { isLazy: true })
  const { stages } = session.request
  let last: Done | undefined
  for (const [index, stage] of stages.entries()) {
    const given =
      last === undefined ? givenSeed(session.request, async () => (await findFirst()).seed) : undefined
    const facts = await stageFacts(session, stage, { last, given })
    const step = nextStep(facts)
    last =
      step.action === 'skip'
        ? await skipStage(session, step, last)
        : await takeOrBuild(session, {
            ...{ stage, step, takes: mayTake(facts), beside, next: stages[index + 1] },
            link: await seedFor(session, step, { last, findFirst }),
          })
  }
  if (last === undefined) throw new Error('a request without stages')
  return last
}

/** Goes on with what is finished, once it is what its record says. */
async function skipStage(
  { run, services, shared, uploads }: Session,
  { reason, finished }: Extract<Step, { action: 'skip' }>,
  last: Done | undefined,
): Promise<Done> {
  const { record, output } = finished
  await verifyArchive(record, output.path, { memory: run.memory, emit: services.emit })
  await endLeftovers(run.layout, finished)
  services.emit({ type: 'stage-skipped', stage: record.stage, reason, archive: output.path })
  const firstSeed = last?.firstSeed ?? (await firstSeedOf(run, finished))
  // A run that was killed after it had built the stage has not put it there.
  uploads.add(() => shared.give(finished, { run, firstSeed, isNew: false }))
  return { stage: record.stage, seed: output, firstSeed, isNew: false }
}

/** The seed that a step names, with its chain's first: what this run has just built, or what chain.ts finds. */
async function seedFor(
  session: Session,
  { seed }: Extract<Step, { action: 'run' }>,
  { last, findFirst }: { last: Done | undefined; findFirst: FirstLink },
): Promise<PlannedLink> {
  if (seed.from !== 'last') return await linkFor(session, seed, findFirst)
  if (last === undefined)
    throw new Error('the first stage of a run cannot take its seed from the stage before it in the run')
  return last
}

/** A stage that is not finished, and upon what it is built. */
interface Missing {
  readonly stage: StageName
  readonly step: Extract<Step, { action: 'run' }>
  readonly link: PlannedLink
  /** What others have built is taken from the shared store. */
  readonly takes: boolean
  readonly beside: Beside
  /** The stage that the run goes on with. */
  readonly next: StageName | undefined
}

/** Takes a stage from the shared store, if it is there and all that it should be; else builds it. */
async function takeOrBuild(session: Session, missing: Missing): Promise<Done> {
  const { run, services, shared } = session
  const { stage, link } = missing
  const key = await stageKey(run, stage, link)
  const offer = key === undefined || !missing.takes ? undefined : await shared.find(key)
  const step = orTake(missing.step, offer)
  if (step.action === 'take' && key !== undefined) {
    const { firstSeed } = link
    const seed = await seedOf(link.seed)
    const taken = await shared.take(step.offer, { run, wanted: { stage, seed, firstSeed, key } })
    if (taken !== undefined) {
      services.emit({ type: 'stage-skipped', stage, reason: TAKEN, archive: taken.output.path })
      return { stage, seed: taken.output, firstSeed, isNew: true }
    }
  }
  if (link.fetch === undefined) return await buildStage(session, missing, key)
  // Only now are the bytes of its seed needed. Another seed makes another stage, which the store may have, too.
  const fetched = await link.fetch()
  const there = { ...missing, link: fetched }
  return fetched.firstSeed === link.firstSeed
    ? await buildStage(session, there, key)
    : await takeOrBuild(session, there)
}

/** Why a stage is not built that the store has. */
const TAKEN = 'taken from the store'

/** Builds one stage. */
async function buildStage(
  { run, services, shared, uploads }: Session,
  { stage, step, link, beside, next, takes }: Missing,
  key: string | undefined,
): Promise<Done> {
  const { firstSeed } = link
  const plan = planStage(stage, link.seed, { ...run, firstSeed, key })
  services.emit(started(plan, step.reason))
  await forgetStage(run, stage)
  // Who wants it built anew wants no packages of others either.
  const packages = takes ? shared.packages : undefined
  const done = await runStage(plan, { ...beside.services, packages })
  const finish: Finish = async (how) => {
    const archived = await done.finish(how)
    const finished = await finishedStage(run, stage)
    if (finished !== undefined) uploads.add(() => shared.give(finished, { run, firstSeed, isNew: true }))
    return archived
  }
  const isBeside = mayFinishBeside(run, stage, { next, memory: process.availableMemory() })
  const seed =
    done.root !== undefined && isBeside
      ? beside.begin(stage, done.root, finish)
      : (await finish({ signal: services.signal, isBeside: false })).seed
  return { stage, seed, firstSeed, isNew: true }
}

/** What is said of a stage that runs from here on. */
function started(plan: StagePlan, reason: string): Fact {
  const { stage, seed, reposFrom: repos, key } = plan
  const trees = givenTrees(plan, stage).map(({ source }) => source)
  const common = { stage, seed: seed.path, seedDigest: seed.sha256, repos, reason }
  const known = key === undefined ? {} : { key }
  return { type: 'stage-started', ...common, ...known, ...(trees.length === 0 ? {} : { given: trees }) }
}

/** Packages of the last stage's root that no stage of the chain built: each was carried when it was last merged. */
function carriedPackages(records: readonly StageRecord[]): string[] {
  const newestFirst = records.toReversed()
  const originOf = (cpv: string): string | undefined =>
    newestFirst
      .map((record) => record.packages.find((each) => each.cpv === cpv)?.origin)
      .find((origin) => origin !== undefined && origin !== 'seed')
  return (newestFirst[0]?.packages ?? []).map((each) => each.cpv).filter((cpv) => originOf(cpv) === 'carried')
}

/** Gives back the disk space of trees and copies that this version's chain does not need, unless another run uses the store. */
async function keepOnly({ run, services }: Session, digests: readonly string[]): Promise<void> {
  // A failed attempt of another version still stands on its trees: `enter` wants to go there.
  const attempts = await readdir(run.layout.attempts).catch(() => [])
  const repos = [...run.repos, ...(run.stage1Trees ?? [])].map(({ digest }) => digest)
  if (attempts.length === 0) await services.trees.collect(new Set([...digests, ...repos]))
}
