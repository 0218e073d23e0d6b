// How long the packages will still take: from an earlier journal where there is one, else from those merged so far.

import type { Event } from '../events/event.js'
import type { RunState } from './state.js'

/**
 * What each package added to the time of its stage: key `STAGE CATEGORY/NAME` (no version, so that an updated package
 * is still known), value in milliseconds of wall clock since the merge before it. With `--jobs`, packages overlap;
 * counted this way the values of a stage still add up to its time.
 */
export type PackageHistory = ReadonlyMap<string, number>

/** The history in the events of an earlier run; of several runs in one journal the last word on a package counts. */
export function packageHistory(events: Iterable<Event>): Map<string, number> {
  const history = new Map<string, number>()
  let previousMs = 0
  for (const event of events) {
    if (event.type === 'step-started') previousMs = event.elapsedMs
    if (event.type !== 'package-merged') continue
    history.set(historyKey(event.stage, event.package), Math.max(0, event.elapsedMs - previousMs))
    previousMs = event.elapsedMs
  }
  return history
}

/** `stage3 sys-libs/zlib` for `sys-libs/zlib-1.3.1-r2`. */
export function historyKey(stage: string, name: string): string {
  return `${stage} ${name.replace(/-\d[^-/]*(-r\d+)?$/, '')}`
}

/** Fewer merged packages than this say nothing about the others. */
const ENOUGH_PACKAGES = 3

/**
 * The time until the packages of the running emerge are merged, in milliseconds; undefined when it would be a guess
 * without ground.
 *
 * @param state the run, with `elapsedMs` brought up to now
 */
export function remainingMs(state: RunState, history: PackageHistory): number | undefined {
  const list = state.packages
  if (list === undefined || state.stage === undefined) return undefined
  const left = list.total - list.merged.size
  if (left <= 0) return undefined
  return fromHistory(state, history, left) ?? fromCount(state, left)
}

/** The known costs of this stage that are still to come. A list that grew since cannot be told from them. */
function fromHistory(state: RunState, history: PackageHistory, left: number): number | undefined {
  const stage = state.stage ?? ''
  const merged = new Set([...state.mergedInStage].map((name) => historyKey(stage, name)))
  const costs = [...history].filter(([key]) => key.startsWith(`${stage} `) && !merged.has(key))
  if (costs.length < left) return undefined
  const total = costs.reduce((sum, [, ms]) => sum + ms, 0)
  return Math.max(0, total - (state.elapsedMs - state.lastMergeMs))
}

function fromCount(state: RunState, left: number): number | undefined {
  const list = state.packages
  if (list === undefined || list.merged.size < ENOUGH_PACKAGES) return undefined
  const perPackage = (state.lastMergeMs - list.startedAtMs) / list.merged.size
  return Math.max(0, perPackage * left - (state.elapsedMs - state.lastMergeMs))
}
