// One stage: unpack the seed · mount · copy the script in · enter · run · clean up and archive. The record comes last.

import { explainSystemError, SdkError } from '../errors.js'
import { complete, lines, reportElf } from './complete.js'
import { finishRoot } from './finish.js'
import { enterCommand, type Seed, type StagePlan } from './plan.js'
import { prepare } from './prepare.js'
import { runPass } from './run-script.js'
import type { Runner, Workshop } from './runner.js'
import { createStopwatch } from './stopwatch.js'

/** This project's own runner. */
export const nativeRunner: Runner = { name: 'native', run: runStage }

async function runStage(planned: StagePlan, shop: Workshop): Promise<Seed> {
  const watch = createStopwatch(planned.stage, shop.emit)
  try {
    const prepared = await prepare(planned, shop, watch)
    const { plan } = prepared
    await watch.step('run', () => runPass(plan, 'run', prepared.context))
    const finished = await watch.step('archive', () => finishRoot({ plan, ...prepared.context }))
    reportElf(plan, finished, shop.emit)
    const below = plan.stage === 'stage1' ? {} : { below: prepared.tree }
    const root = { directory: prepared.work.root, ...below }
    const packages = await lines(prepared.work, 'packages')
    return await complete(plan, { ...prepared, finished, root, packages, watch, shop })
  } catch (cause) {
    // Steps that write files themselves meet a full disk as a plain error.
    const error = explainSystemError(cause, planned.layout.work(planned.stage))
    if (error instanceof SdkError) shop.emit(watch.failed(error, enterCommand(planned)))
    throw error
  }
}
