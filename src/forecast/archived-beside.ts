// Beside which stage of a plan the archive of another one is made.

import { mayFinishBeside } from '../bootstrap/beside.js'
import type { Request } from '../request/request.js'
import type { StageName } from '../sdk/stages.js'
import { whyWithoutKey } from '../stage/key.js'
import type { StageForecast } from './forecast.js'

/**
 * The stage that begins before the archive of `stage` is there; undefined where that is made in turn. How much memory there will be
 * is not known before: with too little it is made in turn, too. Pure.
 */
export function archivedBeside(
  request: Request,
  { stage, action }: Pick<StageForecast, 'stage' | 'action'>,
  next: Pick<StageForecast, 'stage' | 'action'> | undefined,
): StageName | undefined {
  // One that is taken from the shared store is compared with the digest of its seed first.
  if (action !== 'run' || next?.action !== 'run' || whyWithoutKey(request, stage) !== undefined)
    return undefined
  const room = { next: next.stage, memory: Number.POSITIVE_INFINITY }
  return mayFinishBeside(request, stage, room) ? next.stage : undefined
}
