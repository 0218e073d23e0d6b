// A stage of a run, whoever performs it: its clock, the lock of its binary packages, and what is said when it fails.

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { SdkError } from '../errors.js'
import { explainDisk } from '../store/disk/full-disk.js'
import { withPackages } from './packages/packages-lock.js'
import { enterCommand, type StagePlan } from './plan/plan.js'
import { requireFreeNames } from './run/free-names.js'
import { workPaths } from './run/work.js'
import type { RootDone, StageServices } from './runner.js'
import { createStopwatch, type Stopwatch } from './stopwatch.js'

/**
 * Runs `plan` by the runner that bootstrap/session.ts chose (run-native.ts, or catalyst/run/run-stage.ts) until its root is
 * done; what it returns finishes it. A failure of either is stated as a fact first.
 *
 * @throws SdkError as the runner does; SDK_SPACE where a step met a full disk, whoever said so
 */
export async function runStage(plan: StagePlan, services: StageServices): Promise<RootDone> {
  const watch = createStopwatch(plan.stage, services.emit)
  const stating = async <T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (cause) {
      const error = services.heldRoot() ?? (await explainDisk(cause, [plan.layout.root, tmpdir()]))
      // What a signal has ended has not failed.
      if (error instanceof SdkError && signal?.aborted !== true)
        services.emit(watch.failed(error, isEnterable(plan, watch) ? enterCommand(plan) : undefined))
      throw error
    }
  }
  const done = await stating(services.signal, async () => {
    requireFreeNames(plan)
    return await withPackages(plan, services, () => services.runner.run(plan, services, watch))
  })
  return { root: done.root, finish: (how) => stating(how.signal, () => done.finish(how)) }
}

/** Whether this very attempt has come so far that its root can be entered: what an earlier one has left is gone with its mount step. */
const isEnterable = ({ layout, stage }: StagePlan, { steps }: Stopwatch): boolean =>
  steps.mount !== undefined && existsSync(workPaths(layout.work(stage)).sandbox)
