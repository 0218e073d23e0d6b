// One stage: unpack the seed · mount · copy the script in · enter · run · clean up and archive. The record comes last.

import { complete, readReported } from './finish/complete.js'
import { finishRoot } from './finish/finish.js'
import { reportCarried, reportIsolation, seedTraces, warnOfUnowned } from './finish/isolation.js'
import type { Seed, StagePlan } from './plan/plan.js'
import { prepare } from './run/prepare.js'
import { runPass } from './run/run-script.js'
import type { Runner, Workshop } from './runner.js'
import type { Stopwatch } from './stopwatch.js'

/** This project's own runner. */
export const nativeRunner: Runner = { name: 'native', run: runStage }

async function runStage(planned: StagePlan, shop: Workshop, watch: Stopwatch): Promise<Seed> {
  const prepared = await prepare(planned, shop, watch)
  const { plan } = prepared
  await watch.step('run', () => runPass(plan, 'run', prepared.context))
  const reported = await readReported(prepared.work)
  const carried = await seedTraces(plan, { ...prepared, reported, watch, trees: shop.trees }, shop.emit)
  const finished = await watch.step('archive', () => finishRoot({ plan, ...prepared.context, carried }))
  warnOfUnowned(plan, finished, shop.emit)
  await reportIsolation(plan, finished, shop.emit)
  reportCarried(plan, finished, shop.emit)
  const below = plan.stage === 'stage1' ? {} : { below: prepared.tree }
  const root = { directory: prepared.work.root, ...below }
  return await complete(plan, { ...prepared, finished, root, reported, watch, shop })
}
