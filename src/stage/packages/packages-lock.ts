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

/**
 * Lets `act` work with the binary packages of `plan`, alone, unless another run does now: who has done with its stage waits for nobody.
 *
 * @returns that run, in words; undefined when it was done
 */
export async function withFreePackages(
  plan: StagePlan,
  act: () => Promise<void>,
): Promise<string | undefined> {
  const lock = await lockOf(plan).catch(holderOf)
  if (typeof lock === 'string') return lock
  try {
    await act()
  } finally {
    lock.release()
  }
  return undefined
}

const lockOf = (plan: StagePlan): Promise<Lock> =>
  acquireLock(plan.layout.packagesLock(sharedFolders(plan).packages), {
    version: plan.version.text,
    stage: plan.stage,
  })

/** Who holds the lock. @throws any other error */
function holderOf(error: unknown): string {
  if (!(error instanceof SdkError) || error.code !== 'SDK_LOCKED') throw error
  const { version = 'another version', pid = '?' } = error.facts
  return `${version} (process ${pid})`
}

async function take(plan: StagePlan, { emit, signal }: StageServices): Promise<Lock> {
  for (let told = false; ; told = true) {
    signal?.throwIfAborted()
    const lock = await lockOf(plan).catch(holderOf)
    if (typeof lock !== 'string') return lock
    if (!told)
      emit({
        type: 'info',
        message: `${plan.stage} waits for ${lock}, which works with the same binary packages`,
      })
    await wait(PAUSE_MS, undefined, { signal }).catch(() => {})
  }
}
