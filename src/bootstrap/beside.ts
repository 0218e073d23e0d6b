// A stage that is finished beside the next one: at most one at a time. The next one waits for its record before it looks at its
// own root, so records come in the order of the stages. Where finishing fails, both end, and its error is the run's.

import { SdkError, withOther } from '../errors.js'
import { stageBefore } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import type { Archived, PlannedSeed, RunSettings, Seed } from '../stage/plan/plan.js'
import type { Finishing, RootDone, StageServices } from '../stage/runner.js'

/** Bytes of memory that have to be free: tar, a compressor and the lists of a root's files beside compilers. */
const LEAST_MEMORY = 2 * 1024 ** 3

/**
 * Whether `stage` may be finished while `next` runs: where this run goes on with that, and there is more than one job and enough
 * memory for both. Pure.
 *
 * @param memory bytes that are free
 */
export const mayFinishBeside = (
  { jobs, definition }: Pick<RunSettings, 'jobs' | 'definition'>,
  stage: StageName,
  { next, memory }: { next: StageName | undefined; memory: number },
): boolean =>
  jobs > 1 && memory >= LEAST_MEMORY && next !== undefined && stageBefore(definition, next) === stage

/** The archive of `seed`, once it is there. @throws what made it fail */
export const seedOf = async (seed: PlannedSeed): Promise<Seed> =>
  seed.sha256 === undefined ? (await seed.archived).seed : seed

/** Finishes a stage. @throws SdkError */
export type Finish = (how: Finishing) => Promise<Archived>

/** The stage of a run that is finished beside the next one. */
export class Beside {
  readonly #services: StageServices
  readonly #failed = new AbortController()
  #running: { readonly stage: StageName; readonly archived: Promise<Archived> } | undefined

  constructor(services: StageServices) {
    this.#services = services
  }

  /** What a stage is given to work with: it ends when the one beside it fails. */
  get services(): StageServices {
    const { signal } = this.#services
    const failed = this.#failed.signal
    return { ...this.#services, signal: signal === undefined ? failed : AbortSignal.any([signal, failed]) }
  }

  /** Begins to finish `stage`. @returns its root, as the next stage's seed */
  begin(stage: StageName, root: NonNullable<RootDone['root']>, finish: Finish): PlannedSeed {
    const archived = finish({ signal: this.#services.signal, isBeside: true })
    // Before anybody else hears of it: what then ends of the next stage has not failed by itself.
    archived.then(
      () => {
        this.#running = undefined
      },
      (error: unknown) => this.#failed.abort(error),
    )
    this.#running = { stage, archived }
    return { ...root, archived }
  }

  /**
   * Waits for what runs beside a stage that has failed: of a stage that gets its record, the next run needs not build anything.
   *
   * @returns the error of the run: `error`, or what kept the stage before from being finished; of two failures both are named
   */
  async causeOf(error: unknown): Promise<unknown> {
    if (this.#running === undefined) return error
    const { stage, archived } = this.#running
    const { emit, signal } = this.#services
    if (signal?.aborted !== true && !this.#failed.signal.aborted)
      emit({
        type: 'info',
        message: `${stage}: its archive is still being made; the next run can go on from it then`,
      })
    // What the archive's failure has ended has not failed by itself.
    const isEnded = this.#failed.signal.aborted
    const cause = await archived.then(
      () => error,
      (earlier: unknown) => (isEnded ? earlier : withLater(earlier, error)),
    )
    return signal?.aborted === true ? error : cause
  }
}

/** The error of a stage, and that of the one beside it, which had failed before. */
const withLater = (earlier: unknown, later: unknown): unknown =>
  earlier instanceof SdkError && later instanceof Error
    ? withOther(earlier, 'and the stage beside it had failed', later)
    : earlier
