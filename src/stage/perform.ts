// The frame of every stage, whoever runs it: its clock, and what is said when it fails.

import { explainSystemError, SdkError } from '../errors.js'
import { enterCommand, type Seed, type StagePlan } from './plan/plan.js'
import { withPackages } from './run/packages-lock.js'
import type { Workshop } from './runner.js'
import { createStopwatch } from './stopwatch.js'

/**
 * Runs `plan` by the workshop's runner; its output is the next stage's seed. A failure is stated as a fact first.
 *
 * @throws SdkError as the runner does; SDK_SPACE also where a step met a full disk as a plain error of the system
 */
export async function performStage(plan: StagePlan, shop: Workshop): Promise<Seed> {
  const watch = createStopwatch(plan.stage, shop.emit)
  try {
    return await withPackages(plan, shop, () => shop.runner.run(plan, shop, watch))
  } catch (cause) {
    const error = explainSystemError(cause, plan.layout.work(plan.stage))
    if (error instanceof SdkError) shop.emit(watch.failed(error, enterCommand(plan)))
    throw error
  }
}
