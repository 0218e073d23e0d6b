// What a run teaches about how long things take: each package, and each stage in the pieces that its time is made of.

import type { Event } from '../../events/event.js'

/** A part of the time of a stage: the time from the mark before to this one. The pieces of a stage add up to its time. */
export interface Piece {
  /** The step that it belongs to; empty for what comes after the last one. */
  readonly step: string
  /** `CATEGORY/NAME` of the package whose merge is the mark: without a version, so that an updated one is still known. */
  readonly name?: string | undefined
  readonly binary?: boolean | undefined
  readonly ms: number
}

/** Something that is known now, and of use to later runs. */
export type Learned =
  | { readonly kind: 'package'; readonly package: string; readonly ms: number }
  | { readonly kind: 'stage'; readonly stage: string; readonly pieces: readonly Piece[] }

/** `sys-libs/zlib` for `sys-libs/zlib-1.3.1-r2`. */
export const withoutVersion = (name: string): string => name.replace(/-\d[^-/]*(-r\d+)?$/, '')

/** Hears a run from its beginning, and says what each event teaches. */
export function createLearner(): (event: Event) => Learned | undefined {
  const waits = createWaits()
  const cut = createCutter()
  return (event) => {
    const waitedMs = waits(event)
    const stage = cut(event)
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

/** Cuts the time of a stage at its marks: the merge of a package, the end of a step, the end of the stage. */
function createCutter(): (event: Event) => Learned | undefined {
  let [stage, step, markMs, pieces] = ['', '', 0, [] as Piece[]]
  /** Of a seed the end is told by another event. */
  let isStage = false
  const enter = (name: string, atMs: number): void => {
    if (name !== stage) [stage, step, markMs, pieces] = [name, '', atMs, []]
  }
  const mark = (piece: Omit<Piece, 'ms'>, atMs: number): void => {
    pieces.push({ ...piece, ms: Math.max(0, atMs - markMs) })
    markMs = atMs
  }
  const leave = (atMs: number): Learned => {
    mark({ step: '' }, atMs)
    const whole = { kind: 'stage' as const, stage, pieces }
    ;[stage, pieces, isStage] = ['', [], false]
    return whole
  }
  return (event) => {
    switch (event.type) {
      case 'run-started':
        ;[stage, isStage] = ['', false]
        break
      case 'stage-started': {
        // What of the stage before goes on is beside this one: nobody waits for it.
        const before = isStage && stage !== '' && stage !== event.stage ? leave(event.elapsedMs) : undefined
        enter(event.stage, event.elapsedMs)
        isStage = true
        return before
      }
      case 'step-started':
        enter(event.stage, event.elapsedMs)
        step = event.step
        break
      case 'package-merged':
        if (event.stage === stage)
          mark({ step, name: withoutVersion(event.package), binary: event.binary }, event.elapsedMs)
        break
      case 'step-finished':
        if (event.stage === stage) mark({ step }, event.elapsedMs)
        break
      case 'stage-finished':
        return event.stage === stage ? leave(event.elapsedMs) : undefined
      case 'seed-finished':
        return stage === 'seed' ? leave(event.elapsedMs) : undefined
    }
    return undefined
  }
}
