// What comes next for a stage: it is skipped, or it is run upon one of three seeds. Pure: it decides by facts that are
// handed in. `build` does what it says (bootstrap.ts), `plan` prints it (forecast/forecast.ts).

import { SdkError } from '../errors.js'
import type { Believed } from '../registry/artefact.js'
import type { Request } from '../request/request.js'
import type { StageName } from '../sdk/stages.js'
import type { FinishedStage } from '../stage/finished.js'
import type { KnownSeed } from '../stage/plan/plan.js'

/** What looking for a finished stage gave: it, nothing, or why its record cannot be used (SDK_CHAIN). */
export type Look = FinishedStage | SdkError | undefined

/** What decides about a stage. */
export interface StageFacts {
  readonly stage: StageName
  /** Of the SDK, for messages. */
  readonly version: string
  /** The stage before it in a full run; undefined for the first of all. */
  readonly before: StageName | undefined
  /** `--rebuild`: whatever is finished is built again. */
  readonly rebuild: boolean
  /** `--exact`: what is finished is built again where its inputs have changed. */
  readonly exact: boolean
  /** What this run did last; undefined for the stage that it begins with. */
  readonly last:
    | {
        readonly stage: StageName
        readonly isNew: boolean
        readonly isLeft?: boolean | undefined
        readonly seed: KnownSeed
      }
    | undefined
  /** `--seed_tarball`, for the stage that the run begins with. */
  readonly given: KnownSeed | undefined
  /** This stage, and the one before it, as earlier runs left them. */
  readonly found: Look
  readonly foundBefore: Look
  /** Names of the inputs that have changed since `found` was built. */
  readonly changed: readonly string[]
}

/** Which seed a stage is run upon: what this run has just built, a finished stage of an earlier run, or the run's first seed. */
export type SeedSource =
  | { readonly from: 'last' }
  | { readonly from: 'finished'; readonly finished: FinishedStage }
  | { readonly from: 'first' }

/** What to do about a stage, and why. */
export type Step =
  | { readonly action: 'skip'; readonly reason: string; readonly finished: FinishedStage }
  | { readonly action: 'run'; readonly reason: string; readonly seed: SeedSource }
  | { readonly action: 'take'; readonly reason: string; readonly seed: SeedSource; readonly offer: Believed }

/**
 * Decides about one stage.
 *
 * @throws SdkError SDK_CHAIN when a record that counts cannot be used, when a finished stage was built from another seed than
 *   the one that it would get now, and when the stage before it is not finished
 */
export function nextStep(facts: StageFacts): Exclude<Step, { action: 'take' }> {
  // What is built again in any case may be anything, a record that nobody can read too.
  const finished = facts.rebuild ? undefined : usable(facts.found)
  const reason = reasonToRun(facts, finished)
  if (finished !== undefined && reason === undefined)
    return { action: 'skip', reason: skipReason(facts.changed), finished }
  return { action: 'run', reason: reason ?? 'not built yet', seed: seedSource(facts) }
}

/** Whether the shared store is asked for a stage that has to be run: who wants it built again wants it built. */
export const mayTake = ({ rebuild }: Pick<StageFacts, 'rebuild'>): boolean => !rebuild

/**
 * Whether `stage`, which the store has, may stay there until something is made of it: where a run is to take only what is needed, and
 * for the last stage, or one that is to be handed on, that is not said. Pure.
 */
export const mayStay = (
  { store, publish, stages, definition }: Pick<Request, 'store' | 'publish' | 'stages' | 'definition'>,
  stage: StageName,
): boolean =>
  store?.takes === 'needed' &&
  stage !== definition.stages.at(-1) &&
  (publish === undefined || stage !== stages.at(-1))

/**
 * That a stage is built upon the seed that was given although the stage before it is finished, of other bytes; else undefined. Pure.
 *
 * @param upon digest of that seed
 */
export function passedOver(
  { stage, version, foundBefore }: Pick<StageFacts, 'stage' | 'version' | 'foundBefore'>,
  { seed }: Extract<Step, { action: 'run' }>,
  upon: string | undefined,
): { message: string; hint: string } | undefined {
  if (seed.from !== 'first' || foundBefore === undefined || foundBefore instanceof SdkError) return undefined
  if (foundBefore.output.sha256 === upon) return undefined
  const before = foundBefore.record.stage
  return {
    message: `${stage} is built upon the seed that was given, not upon ${before} of ${version}, which is finished`,
    hint: `leave --seed_tarball out to build upon ${before}`,
  }
}

/** What is done about a stage that has to be run, where the shared store offers it, or offers nothing. */
export function orTake(step: Extract<Step, { action: 'run' }>, offer: Believed | undefined): Step {
  if (offer === undefined) return step
  const { reason, seed } = step
  return { action: 'take', reason: `${reason}; the store has it, signed by ${offer.signedBy}`, seed, offer }
}

/** Why the stage is run; undefined when what is finished serves. */
function reasonToRun(facts: StageFacts, finished: FinishedStage | undefined): string | undefined {
  if (facts.rebuild) return '--rebuild'
  if (finished === undefined) return 'not built yet'
  if (isBuiltAnew(facts) && !isOfSame(facts, finished)) return 'its seed is built anew'
  if (facts.exact && facts.changed.length > 0) return `--exact, and ${facts.changed.join(', ')} changed since`
  const expected = expectedSeed(facts)
  if (expected?.sha256 === undefined || expected.sha256 === finished.record.inputs.seed.sha256)
    return undefined
  if (facts.exact) return '--exact, and its seed is another one'
  throw wrongSeed(facts, finished, expected)
}

/** The seed that it would get, where that is known; after a gap in what was asked for it is not. */
const expectedSeed = (facts: StageFacts): KnownSeed | undefined =>
  facts.last === undefined ? facts.given : follows(facts) ? facts.last.seed : undefined

const skipReason = (changed: readonly string[]): string =>
  changed.length === 0
    ? 'finished'
    : `finished; built before ${changed.join(', ')} changed (--exact builds it again)`

function seedSource(facts: StageFacts): SeedSource {
  if (isBuiltAnew(facts)) return { from: 'last' }
  if (facts.last === undefined && facts.given !== undefined) return { from: 'first' }
  const finished = usable(facts.foundBefore)
  if (finished !== undefined) return { from: 'finished', finished }
  // The run begins here: the first stage, or one that was asked for by itself.
  if (facts.last === undefined) return { from: 'first' }
  const { stage, before, version } = facts
  throw new SdkError('SDK_CHAIN', `${stage} needs ${before} of version ${version}, which is not finished`, {
    hint: `ask for ${before} too, or leave the stages out to run all of them`,
  })
}

/** Whether this run has just built its seed. */
const isBuiltAnew = (facts: StageFacts): boolean => follows(facts) && facts.last?.isNew === true

/** Whether it was built upon the very bytes that this run has left in the store. */
const isOfSame = ({ last }: StageFacts, { record }: FinishedStage): boolean =>
  last?.isLeft === true && last.seed.sha256 === record.inputs.seed.sha256

/** Whether this run did the stage before it last. */
const follows = ({ last, before }: StageFacts): boolean => last !== undefined && last.stage === before

function usable(look: Look): FinishedStage | undefined {
  if (look instanceof SdkError) throw look
  return look
}

function wrongSeed({ stage, version }: StageFacts, finished: FinishedStage, expected: KnownSeed): SdkError {
  const where = expected.path === undefined ? '' : ` (${expected.path})`
  const [want, got] = [expected.sha256, finished.record.inputs.seed.sha256].map((each) => each?.slice(0, 16))
  return new SdkError(
    'SDK_CHAIN',
    `${stage} of ${version} was built from another seed: expected ${want}${where}, its record says ${got}`,
    { hint: `build it again: --version ${version} --rebuild ${stage}, or --exact` },
  )
}
