// One stage: unpack the seed · mount · copy the script in · enter · run · clean up and archive. The record comes last.

import { existsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { SdkError } from '../errors.js'
import { TRAITS } from '../sdk/stages.js'
import { explainDisk } from '../store/disk/full-disk.js'
import { complete } from './finish/complete.js'
import { finishRoot } from './finish/finish.js'
import { reportCarried, reportIsolation, warnOfUnowned, whatToLookFor } from './finish/isolation.js'
import { readReported } from './finish/reported.js'
import { withPackages } from './packages/packages-lock.js'
import { enterCommand, type Seed, type StagePlan } from './plan/plan.js'
import { type Prepared, prepare } from './run/prepare.js'
import { runPass } from './run/run-script.js'
import { workPaths } from './run/work.js'
import type { Runner, StageServices } from './runner.js'
import { createStopwatch, type Stopwatch } from './stopwatch.js'

/**
 * Runs `plan` by the runner that bootstrap/session.ts chose ({@link nativeRunner}, or catalyst/run/run-stage.ts); its output is the next stage's seed. A failure is stated as a fact first.
 *
 * @throws SdkError as the runner does; SDK_SPACE where a step met a full disk, whoever said so
 */
export async function performStage(plan: StagePlan, services: StageServices): Promise<Seed> {
  const watch = createStopwatch(plan.stage, services.emit)
  try {
    return await withPackages(plan, services, () => services.runner.run(plan, services, watch))
  } catch (cause) {
    const { root } = plan.layout
    const error = await explainDisk(cause, [root, tmpdir()])
    // What a signal has ended has not failed.
    if (error instanceof SdkError && services.signal?.aborted !== true)
      services.emit(watch.failed(error, isEnterable(plan, watch) ? enterCommand(plan) : undefined))
    throw error
  }
}

/** Whether this very attempt has come so far that its root can be entered. */
function isEnterable({ layout, stage }: StagePlan, { started }: Stopwatch): boolean {
  const { sandbox } = workPaths(layout.work(stage))
  // The clock of files is a little behind.
  const isOfNow = (file: string): boolean => statSync(file).mtimeMs >= started.getTime() - CLOCK_TICK_MS
  return existsSync(sandbox) && isOfNow(sandbox)
}

/** Milliseconds that the kernel's clock for files may be behind. */
const CLOCK_TICK_MS = 20

/** This project's own runner. */
export const nativeRunner: Runner = { name: 'native', run: runNatively }

async function runNatively(planned: StagePlan, services: StageServices, watch: Stopwatch): Promise<Seed> {
  const prepared = await prepare(planned, services, watch)
  const { plan } = prepared
  await watch.step('run', () => runPass(plan, 'run', prepared.context))
  const reported = await readReported(prepared.work)
  const lookFor = await whatToLookFor(
    plan,
    { ...prepared, reported, watch, trees: services.trees },
    services.emit,
  )
  const finished = await watch.step('archive', () => finishRoot({ plan, ...prepared.context, lookFor }))
  await requireSameSeed(prepared, services)
  warnOfUnowned(plan, finished, services.emit)
  await reportIsolation(plan, finished, services.emit)
  reportCarried(plan, finished, services.emit)
  const below = TRAITS[plan.stage].root === 'empty' ? {} : { below: prepared.tree }
  const root = { directory: prepared.work.root, ...below }
  return await complete(plan, { ...prepared, finished, root, reported, watch, services })
}

/** A stage may take hours, and its seed's tree is a folder of the machine. @throws SdkError SDK_CHAIN when it was changed meanwhile */
async function requireSameSeed({ plan, tree }: Prepared, { trees }: StageServices): Promise<void> {
  const damage = await trees.damageOf(tree.layers)
  if (damage === undefined) return
  const { stage, seed } = plan
  throw new SdkError(
    'SDK_CHAIN',
    `the unpacked tree of ${seed.path} was changed while ${stage} was built upon it: ${damage}`,
    {
      hint: 'nobody may write into the store of a catalyst root; run the same command again, which unpacks the seed anew',
    },
  )
}
