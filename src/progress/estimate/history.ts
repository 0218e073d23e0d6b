// What earlier runs have taught, as the estimate of a new one asks for it.

import type { Learned } from './learner.js'
import { type Piece, withoutVersion } from './stage-time.js'

/** Times of earlier runs. */
export interface History {
  /** Milliseconds that the package, `CATEGORY/NAME-VERSION`, usually takes to be built: of this version, or of others. */
  usual(name: string): number | undefined
  /** The pieces of the stage the last time. */
  stage(stage: string): readonly Piece[] | undefined
}

/** Times of a package that count: the last ones. */
const LAST = 5

/** The history of what was learned, the oldest first. */
export function createHistory(learned: Iterable<Learned>): History {
  const times = new Map<string, number[]>()
  const stages = new Map<string, readonly Piece[]>()
  const note = (key: string, ms: number): void => {
    const known = times.get(key) ?? []
    times.set(key, [...known.slice(1 - LAST), ms])
  }
  for (const each of learned) {
    if (each.kind === 'stage') stages.set(each.stage, each.pieces)
    else for (const key of [each.package, withoutVersion(each.package)]) note(key, each.ms)
  }
  return {
    usual: (name) => median(times.get(name) ?? times.get(withoutVersion(name))),
    stage: (stage) => stages.get(stage),
  }
}

/** A history of nothing. */
export const NO_HISTORY: History = createHistory([])

/** One slow build, on a busy machine, does not make it usual. */
export function median(values: readonly number[] = []): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
