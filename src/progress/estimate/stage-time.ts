// Whose the time of a stage is: each moment is shared out among the packages that are at work then, whatever the order in which
// they are merged; where none is, it is the step's own.

import type { Event } from '../../events/event.js'
import { createLogSamples, type LogCurve, type LogSamples } from './log-curve.js'

/** A part of the time of a stage. The pieces of a stage add up to its time. */
export interface Piece {
  /** The step that it belongs to; empty for what comes after the last one. */
  readonly step: string
  /** `CATEGORY/NAME` of the package: without a version, so that an updated one is still known. None: the step's own time. */
  readonly name?: string | undefined
  readonly binary?: boolean | undefined
  readonly ms: number
  /** How its log grew. */
  readonly log?: LogCurve | undefined
}

/** `sys-libs/zlib` for `sys-libs/zlib-1.3.1-r2`. */
export const withoutVersion = (name: string): string => name.replace(/-\d[^-/]*(-r\d+)?$/, '')

/** A package that has begun, and is not merged. */
export interface AtWork {
  readonly name: string
  readonly binary: boolean
  /** Its part of the time so far. */
  ms: number
  /** It is built, and waits for its turn. */
  isWaiting: boolean
  /** The bytes of its log, and its part of the time when they were there. */
  readonly logged: { bytes: number; ms: number }
  readonly samples: LogSamples
}

/** The time of one stage, or of a seed. */
export interface StageTime {
  /** Takes an event of this stage. @returns the piece that has ended with it */
  take(event: Event): Piece | undefined
  /** Brings all shares up to this moment. */
  spend(atMs: number): void
  /** The rest, when the stage ends. */
  end(atMs: number): Piece
  readonly step: string
  /** Of the step, beside its packages. */
  readonly ownMs: number
  readonly running: ReadonlyMap<string, AtWork>
}

/** A stage that begins at `beganMs` of its run. */
export function createStageTime(beganMs: number): StageTime {
  let [step, markMs, ownMs] = ['', beganMs, 0]
  const running = new Map<string, AtWork>()
  const spend = (atMs: number): void => {
    const ms = Math.max(0, atMs - markMs)
    markMs = Math.max(markMs, atMs)
    const awake = [...running.values()].filter(({ isWaiting }) => !isWaiting)
    const atWork = awake.length > 0 ? awake : [...running.values()]
    for (const each of atWork) each.ms += ms / atWork.length
    if (atWork.length === 0) ownMs += ms
  }
  const own = (): Piece => {
    // What was begun and is not merged: of a list that failed, and was begun again.
    for (const { ms } of running.values()) ownMs += ms
    running.clear()
    const piece = { step, ms: ownMs }
    ownMs = 0
    step = ''
    return piece
  }
  return {
    spend,
    take(event) {
      spend(event.elapsedMs)
      if (event.type === 'step-started') step = event.step
      if (event.type === 'package-started') running.set(event.package, begun(event.package, event.binary))
      if (event.type === 'package-merged') {
        const isKnown = running.has(event.package)
        const piece = merged(event, { step, running, ownMs })
        if (!isKnown) ownMs = 0
        return piece
      }
      if (event.type === 'step-finished') return own()
      note(running, event)
      return undefined
    },
    end(atMs) {
      spend(atMs)
      step = ''
      return own()
    },
    get step() {
      return step
    },
    get ownMs() {
      return ownMs
    },
    running,
  }
}

const begun = (name: string, binary: boolean): AtWork => ({
  ...{ name: withoutVersion(name), binary, ms: 0, isWaiting: false },
  ...{ logged: { bytes: 0, ms: 0 }, samples: createLogSamples() },
})

type Merged = Extract<Event, { type: 'package-merged' }>

interface Now {
  readonly step: string
  readonly running: Map<string, AtWork>
  readonly ownMs: number
}

/** A package that nobody has announced took what no other did. */
function merged(event: Merged, { step, running, ownMs }: Now): Piece {
  const each = running.get(event.package) ?? { ...begun(event.package, event.binary), ms: ownMs }
  const { ms, samples, binary, name } = each
  running.delete(event.package)
  const log = binary ? undefined : samples.curve(ms)
  return { step, name, binary, ms, ...(log === undefined ? {} : { log }) }
}

/** What a package says of itself. */
function note(running: ReadonlyMap<string, AtWork>, event: Event): void {
  const each = 'package' in event ? running.get(event.package ?? '') : undefined
  if (each === undefined) return
  if (event.type === 'package-phase') each.isWaiting = event.phase === 'wait'
  if (event.type !== 'package-output' || event.logBytes === undefined) return
  each.samples.add(each.ms, event.logBytes)
  Object.assign(each.logged, { bytes: event.logBytes, ms: each.ms })
}
