// Who performs the stages of a run: this project itself, or another program over the same plans.

import type { Emit } from '../events/event.js'
import type { Mirrors } from '../portage/distfiles/mirrors.js'
import type { HeldRoot } from '../store/disk/held-root.js'
import type { TreeStore } from '../store/trees/trees.js'
import type { PackageExchange } from './packages/exchange.js'
import type { Archived, RunnerName, SeedRoot, StagePlan } from './plan/plan.js'
import type { Stopwatch } from './stopwatch.js'

/** Performs planned stages. */
export interface Runner {
  readonly name: RunnerName
  /**
   * Runs `plan` until its root is done. Steps are timed by `watch`. Nobody but `runStage` calls it.
   *
   * @throws SdkError SDK_STAGE when the script failed; SDK_SEED, SDK_ARCHIVE on a bad seed; SDK_DISTFILE; SDK_SPACE
   */
  run(plan: StagePlan, services: StageServices, watch: Stopwatch): Promise<RootDone>
}

/** A stage whose root is done, and found good. */
export interface RootDone {
  /** The next stage can begin with it before it is finished; undefined where nothing can. */
  readonly root: Omit<SeedRoot, 'archived'> | undefined
  /**
   * Finishes the stage: archives the root; the record is written, last of all. To be called once.
   *
   * @throws SdkError SDK_STAGE, SDK_ARCHIVE, SDK_HOST, SDK_SPACE
   */
  finish(how: Finishing): Promise<Archived>
}

/** How a stage is finished. */
export interface Finishing {
  readonly signal: AbortSignal | undefined
  /** Beside the next one, to which it leaves processor and disk. */
  readonly isBeside: boolean
}

/** What every stage of a run is given to work with. */
export interface StageServices {
  readonly trees: TreeStore
  /** The catalyst root. */
  readonly heldRoot: HeldRoot
  readonly mirrors: Mirrors
  /** Git repositories may be fetched by ssh, with root's keys. */
  readonly gitSsh?: boolean | undefined
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
  readonly runner: Runner
  /** Does what no stage waits for, and the end of the run does. */
  readonly later: (act: () => Promise<void>) => void
  /** Other machines' binary packages; not there for a stage that is to be built anew. */
  readonly packages?: PackageExchange | undefined
}
