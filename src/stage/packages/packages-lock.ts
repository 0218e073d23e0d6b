// One run at a time works with the binary packages of one key: a run that drops those of an edited ebuild must not do it under
// another, which would put back what it builds of the ebuild as it was.

import { setTimeout as wait } from 'node:timers/promises'
import { SdkError } from '../../errors.js'
import { acquireLock, type Lock } from '../../store/lock.js'
import { sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'
import type { StageServices } from '../runner.js'

/** Between two looks at a lock that another run holds, in milliseconds. */
const PAUSE_MS = 1000

/**
 * Lets `act` work with the binary packages of `plan`, alone. While another run does, of another version and the same inputs, this one
 * waits, and says so: it takes then what that one has built.
 */
export async function withPackages<T>(
  plan: StagePlan,
  services: StageServices,
  act: () => Promise<T>,
): Promise<T> {
  const lock = await take(plan, services)
  try {
    return await act()
  } finally {
    lock.release()
  }
}

async function take(plan: StagePlan, { emit, signal }: StageServices): Promise<Lock> {
  const file = plan.layout.packagesLock(sharedFolders(plan).packages)
  for (let told = false; ; told = true) {
    signal?.throwIfAborted()
    try {
      return await acquireLock(file, { version: plan.version.text, stage: plan.stage })
    } catch (error) {
      if (!(error instanceof SdkError) || error.code !== 'SDK_LOCKED') throw error
      const { version = 'another version', pid = '?' } = error.facts
      if (!told)
        emit({
          type: 'info',
          message: `${plan.stage} waits for ${version} (process ${pid}), which works with the same binary packages`,
        })
      await wait(PAUSE_MS, undefined, { signal }).catch(() => {})
    }
  }
}
