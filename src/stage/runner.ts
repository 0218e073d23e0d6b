// Who performs the stages of a run: this project itself, or another program over the same plans.

import type { Emit } from '../events/event.js'
import type { Mirrors } from '../portage/distfiles/mirrors.js'
import type { TreeStore } from '../store/trees/trees.js'
import type { RunnerName, Seed, StagePlan } from './plan/plan.js'
import type { Stopwatch } from './stopwatch.js'

/** Performs planned stages. */
export interface Runner {
  readonly name: RunnerName
  /**
   * Runs `plan` and returns its output, the next stage's seed; its record is written, last of all. Steps are timed by `watch`.
   * Nobody but `performStage` calls it.
   *
   * @throws SdkError SDK_STAGE when the script failed; SDK_SEED, SDK_ARCHIVE on a bad seed; SDK_DISTFILE; SDK_SPACE
   */
  run(plan: StagePlan, services: StageServices, watch: Stopwatch): Promise<Seed>
}

/** What every stage of a run is given to work with. */
export interface StageServices {
  readonly trees: TreeStore
  readonly mirrors: Mirrors
  readonly emit: Emit
  readonly signal: AbortSignal | undefined
  readonly runner: Runner
}
