// A pass of a stage with the compiler cache of the machine, where it has one.

import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Emit } from '../../events/event.js'
import { INSIDE } from '../../sandbox/inside.js'
import type { Mount } from '../../sandbox/spec.js'
import { TRAITS } from '../../sdk/stages.js'
import type { StagePlan } from '../plan/plan.js'
import { type Door, openDoor } from './door.js'
import { CACHE_FOLDER, type CacheReport, DOOR } from './place.js'

/** A stage's attempt, as far as its cache is concerned. */
interface Attempt {
  /** The folder of the attempt. */
  readonly folder: string
  readonly emit: Emit
  /** Is added to; undefined where there is no cache. */
  readonly ccache: CacheReport | undefined
}

/**
 * Lets `act` run a pass with these mounts more. A server that does not answer is a warning: compilers then do without.
 *
 * @returns what `act` does
 */
export async function withCompilerCache<T>(
  plan: StagePlan,
  { folder, emit, ccache }: Attempt,
  act: (mounts: readonly Mount[]) => Promise<T>,
): Promise<T> {
  const door = ccache === undefined ? undefined : await opened(plan, path.join(folder, 'door'), emit)
  if (door === undefined || ccache === undefined) return await act([])
  try {
    return await act([throughDoor(plan, door)])
  } finally {
    await door.close()
    const { found, missed, stored } = door.use
    ccache.found += found
    ccache.missed += missed
    ccache.stored += stored
    emit({
      type: 'info',
      message: `${plan.stage}: of ${found + missed} objects that were asked for the compiler cache had ${found}; ${stored} were put there`,
    })
  }
}

async function opened(
  { stage, compilerCache }: StagePlan,
  folder: string,
  emit: Emit,
): Promise<Door | undefined> {
  if (compilerCache === undefined) return undefined
  await rm(folder, { recursive: true, force: true })
  try {
    return await openDoor(compilerCache, folder)
  } catch (error) {
    emit({
      type: 'warning',
      message: `the compiler cache at ${compilerCache} cannot be used: ${(error as Error).message}; ${stage} is built without`,
      hint: 'look whether its Redis server runs',
    })
    return undefined
  }
}

/** The socket alone, so that nothing beside it is seen. */
function throughDoor({ stage, stageRoot }: StagePlan, { socket }: Door): Mount {
  const prefix = TRAITS[stage].root === 'empty' ? '' : stageRoot
  const target = `${prefix}${INSIDE.input}/${CACHE_FOLDER}/${DOOR}`
  return { kind: 'bind', source: socket, target, readOnly: true, data: true }
}
