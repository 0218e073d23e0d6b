// What a run teaches about how long things take: each package, and each stage in the pieces that its time is made of.

import type { Event } from '../../events/event.js'
import { createStageTime, type Piece, type StageTime } from './stage-time.js'

/** Something that is known now, and of use to later runs. */
export type Learned =
  | { readonly kind: 'package'; readonly package: string; readonly ms: number }
  | { readonly kind: 'stage'; readonly stage: string; readonly pieces: readonly Piece[] }

/** In the place of a stage: what comes after the last one, the release. */
export const AFTER_STAGES = 'after'

/** Hears a run from its beginning, and says what each event teaches. */
export function createLearner(): (event: Event) => Learned | undefined {
  const waits = createWaits()
  const cut = createCutter()
  const after = createAfter()
  return (event) => {
    const waitedMs = waits(event)
    const [whole, rest] = [cut(event), after(event)]
    const stage = whole ?? rest
    if (stage !== undefined) return stage
    if (event.type !== 'package-merged' || event.binary) return undefined
    return { kind: 'package', package: event.package, ms: Math.max(0, event.durationMs - waitedMs) }
  }
}

/** How long a package that is merged has waited for its turn. */
function createWaits(): (event: Event) => number {
  const since = new Map<string, number>()
  const waited = new Map<string, number>()
  return (event) => {
    if (event.type === 'step-started') for (const each of [since, waited]) each.clear()
    if (event.type === 'package-phase') {
      const begun = since.get(event.package)
      since.delete(event.package)
      if (event.phase === 'wait') since.set(event.package, event.elapsedMs)
      else if (begun !== undefined) waited.set(event.package, event.elapsedMs - begun)
    }
    if (event.type !== 'package-merged') return 0
    const ms = waited.get(event.package) ?? 0
    waited.delete(event.package)
    return ms
  }
}

/** The time from the end of the last stage to that of the run, of a run that has built it. */
function createAfter(): (event: Event) => Learned | undefined {
  let endedMs: number | undefined
  return (event) => {
    if (event.type === 'run-started' || event.type === 'stage-skipped') endedMs = undefined
    if (event.type === 'stage-finished') endedMs = event.elapsedMs
    if (event.type !== 'run-finished' || endedMs === undefined) return undefined
    const ms = Math.max(0, event.elapsedMs - endedMs)
    return { kind: 'stage', stage: AFTER_STAGES, pieces: [{ step: '', ms }] }
  }
}

/** Cuts the time of a stage into its pieces. */
function createCutter(): (event: Event) => Learned | undefined {
  /** Of a seed the end is told by another event. */
  let current: { stage: string; time: StageTime; pieces: Piece[]; isStage: boolean } | undefined
  const enter = (stage: string, atMs: number, isStage: boolean): void => {
    if (stage !== current?.stage) current = { stage, time: createStageTime(atMs), pieces: [], isStage }
  }
  const leave = (atMs: number): Learned | undefined => {
    if (current === undefined) return undefined
    const { stage, pieces, time } = current
    current = undefined
    return { kind: 'stage', stage, pieces: [...pieces, time.end(atMs)].map(inWholeMs) }
  }
  return (event) => {
    if (event.type === 'run-started') current = undefined
    if (event.type === 'stage-started') {
      // What of the stage before goes on is beside this one: nobody waits for it.
      const isNext = current?.isStage === true && current.stage !== event.stage
      const before = isNext ? leave(event.elapsedMs) : undefined
      enter(event.stage, event.elapsedMs, true)
      return before
    }
    if (event.type === 'seed-finished') return current?.isStage === false ? leave(event.elapsedMs) : undefined
    // Of a seed, and of the verb `fetch`, steps are the first that is heard.
    if (event.type === 'step-started' && current?.isStage !== true) enter(event.stage, event.elapsedMs, false)
    if (current === undefined || !('stage' in event) || event.stage !== current.stage) return undefined
    if (event.type === 'stage-finished') return leave(event.elapsedMs)
    const piece = current.time.take(event)
    if (piece !== undefined) current.pieces.push(piece)
    return undefined
  }
}

const inWholeMs = (piece: Piece): Piece => ({ ...piece, ms: Math.round(piece.ms) })
