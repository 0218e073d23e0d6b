// Read this after ARCHITECTURE.md: the whole bootstrap on one page. A seed goes in; each stage makes the next seed from it;
// the last one is released. Stages that are finished are skipped; whatever does not fit the chain is an error.

import { readdir } from 'node:fs/promises'
import type { Fact } from '../events/event.js'
import { release } from '../release/release.js'
import { finishedStage, firstSeedOf, forgetStage } from '../stage/finished.js'
import { stageKey } from '../stage/key.js'
import { givenTrees, planStage, type Seed, type StagePlan } from '../stage/plan/plan.js'
import { runStage } from '../stage/run-stage.js'
import { knownSha256 } from '../store/digest/known-digest.js'
import { verifyArchive } from '../store/recorded-archive.js'
import { Beside, type Finish, mayFinishBeside, seedOf } from './beside.js'
import { neverBuilt } from './carried-packages.js'
import { type FirstLink, firstLinkOf, linkFor, offerFirst, type PlannedLink } from './chain.js'
import { endLeftovers } from './leftovers.js'
import { mayStay, mayTake, nextStep, orTake, passedOver, type StageFacts, type Step } from './next-step.js'
import type { Session } from './session.js'
import { givenSeed, stageFacts } from './stage-facts.js'
import { type Done, leaveThere, type Missing, takeWhole } from './take.js'

/** What a bootstrap leaves: the last stage's archive and packages, the release if the definition's last stage was among them, what was carried. */
export interface Result {
  readonly last: Seed
  readonly artifacts: readonly string[]
  readonly release: string | undefined
  readonly carried: readonly string[]
  readonly packages: readonly string[]
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
    carried: neverBuilt(records),
    packages: records.at(-1)?.packages.map(({ cpv }) => cpv) ?? [],
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
            ...{
              stage,
              step,
              takes: mayTake(facts),
              beside,
              next: stages[index + 1],
              proofs: last?.proofs,
            },
            mayStay: mayStay(session.request, stage),
            link: await seedFor(session, step, { last, findFirst, facts }),
          })
  }
  if (last === undefined) throw new Error('a request without stages')
  return last
}

/** Goes on with what is finished, once it is what its record says. */
async function skipStage(
  session: Session,
  { reason, finished }: Extract<Step, { action: 'skip' }>,
  last: Done | undefined,
): Promise<Done> {
  const { run, services, shared, uploads } = session
  const { record, output } = finished
  await verifyArchive(record, output.path, { memory: run.memory, emit: services.emit })
  await endLeftovers(run.layout, finished)
  services.emit({ type: 'stage-skipped', stage: record.stage, reason, archive: output.path })
  const firstSeed = last?.firstSeed ?? (await firstSeedOf(run, finished))
  // Nor is its seed there, if that run had no store.
  if (last === undefined) uploads.add(() => offerFirst(session, firstSeed))
  // A run that was killed after it had built the stage has not put it there.
  uploads.add(() => shared.give(finished, { run, firstSeed, isNew: false }))
  return { stage: record.stage, seed: output, firstSeed, isNew: false, proofs: last?.proofs }
}

/** The seed that a step names, with its chain's first: what this run has just built, or what chain.ts finds. */
async function seedFor(
  session: Session,
  step: Extract<Step, { action: 'run' }>,
  { last, findFirst, facts }: { last: Done | undefined; findFirst: FirstLink; facts: StageFacts },
): Promise<PlannedLink> {
  const { seed } = step
  if (seed.from !== 'last') {
    const link = await linkFor(session, seed, findFirst)
    const passed = passedOver(facts, step, link.seed.sha256)
    if (passed !== undefined) session.services.emit({ type: 'warning', ...passed })
    return link
  }
  if (last === undefined)
    throw new Error('the first stage of a run cannot take its seed from the stage before it in the run')
  return last
}

/** Takes a stage from the shared store, if it is there and all that it should be; else builds it. */
async function takeOrBuild(session: Session, missing: Missing): Promise<Done> {
  const { run, services, shared } = session
  const { stage, link } = missing
  const key = await stageKey(run, stage, link)
  const offer = key === undefined || !missing.takes ? undefined : await shared.find(key)
  const step = orTake(missing.step, offer)
  if (step.action !== 'take' || key === undefined) return await buildUpon(session, missing, key)
  const offered = { ...step.offer, key }
  if (missing.mayStay)
    return leaveThere(session, missing, {
      offer: offered,
      build: () => buildUpon(session, { ...missing, mayStay: false, next: undefined }, key),
    })
  const taken = await takeWhole(session, missing, offered)
  if (taken === undefined) return await buildUpon(session, missing, key)
  services.emit({ type: 'stage-skipped', stage, reason: TAKEN, archive: taken.seed.path })
  return taken
}

/** Builds a stage, once the bytes of its seed are there. Another seed makes another stage, which the store may have, too. */
async function buildUpon(session: Session, missing: Missing, key: string | undefined): Promise<Done> {
  const { stage, link, proofs } = missing
  if (link.fetch !== undefined) {
    const fetched = await link.fetch()
    const isSame = fetched.firstSeed === link.firstSeed && fetched.seed.sha256 === link.seed.sha256
    const there = { ...missing, link: fetched }
    return isSame ? await buildUpon(session, there, key) : await takeOrBuild(session, there)
  }
  await proofs?.(stage)
  return await buildStage(session, missing, key)
}

/** Why a stage is not built that the store has. */
const TAKEN = 'taken from the store'

/** Builds one stage. */
async function buildStage(
  { run, services, shared, uploads }: Session,
  { stage, step, link, beside, next, proofs, takes }: Missing,
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
  return { stage, seed, firstSeed, isNew: true, proofs }
}

/** What is said of a stage that runs from here on. */
function started(plan: StagePlan, reason: string): Fact {
  const { stage, seed, reposFrom: repos, key } = plan
  const trees = givenTrees(plan, stage).map(({ source }) => source)
  const common = { stage, seed: seed.path, seedDigest: seed.sha256, repos, reason }
  const known = key === undefined ? {} : { key }
  return { type: 'stage-started', ...common, ...known, ...(trees.length === 0 ? {} : { given: trees }) }
}

/** Gives back the disk space of trees and copies that this version's chain does not need, unless another run uses the store. */
async function keepOnly({ run, services }: Session, digests: readonly string[]): Promise<void> {
  // A failed attempt of another version still stands on its trees: `enter` wants to go there.
  const attempts = await readdir(run.layout.attempts).catch(() => [])
  const repos = [...run.repos, ...(run.stage1Trees ?? [])].map(({ digest }) => digest)
  if (attempts.length === 0) await services.trees.collect(new Set([...digests, ...repos]))
}
