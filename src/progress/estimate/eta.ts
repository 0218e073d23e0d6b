// How long a run will still take: by what its stages took the last time, by how fast this run is beside that one, and by what
// Portage says that it will merge. A stage that was never finished here is judged by its own packages so far.

import type { Event } from '../../events/event.js'
import { type Piece, withoutVersion } from '../terminal/pieces.js'
import { type History, median } from './history.js'

/** The time left. */
export interface Remaining {
  /** Of what: of the whole run, or of the stage alone, where nothing is known of the stages after it. */
  readonly of: 'run' | 'stage'
  readonly ms: number
  /** The part that is done, from 0 to 1. */
  readonly done: number
}

/** Follows a run. */
export interface Estimate {
  take(event: Event): void
  /** The time left at `elapsedMs` of the run; undefined when it would be a guess without ground. */
  remaining(elapsedMs: number): Remaining | undefined
}

/** How much slower than expected a run is: early on nobody knows, and what was long ago says less. */
interface Pace {
  add(actualMs: number, expectedMs: number): void
  /** With what is still going on: how long that takes so far, and should take. */
  factor(actualMs?: number, expectedMs?: number): number
}

/** The weight, in milliseconds, of the expectation that all goes as the last time. */
const PRIOR_MS = 30_000
/** What was seen counts half after so many milliseconds. */
const HALF_LIFE_MS = 240_000

function createPace(): Pace {
  let [actual, expected] = [0, 0]
  const fade = (ms: number): number => 0.5 ** (ms / HALF_LIFE_MS)
  return {
    add(actualMs, expectedMs) {
      actual = actual * fade(actualMs) + actualMs
      expected = expected * fade(actualMs) + expectedMs
    },
    factor(actualMs = 0, expectedMs = 0) {
      const [a, e] = [actual * fade(actualMs) + actualMs, expected * fade(actualMs) + expectedMs]
      return Math.min(16, Math.max(0.1, (a + PRIOR_MS) / (e + PRIOR_MS)))
    },
  }
}

/** The stage that runs. */
interface Current {
  readonly stage: string
  readonly beganMs: number
  markMs: number
  step: string
  /** What is to come, if anything is known of it. */
  rest: Piece[]
  readonly isKnown: boolean
  readonly running: Set<string>
  /** Times of the merges so far, from source and not. */
  readonly merges: { readonly source: number[]; readonly binary: number[] }
  /** Packages that Portage has said it will merge, and has not. */
  planned: Map<string, boolean[]> | undefined
  /** Of the emerge that runs: packages that are not merged, where Portage has not said more. */
  left: number
}

/** What takes longer than it should is taken to need so much of its time so far. */
const OVERRUN = 0.1

/** Fewer merged packages than this say nothing about the others. */
const ENOUGH_PACKAGES = 3
/** Milliseconds of a package of which nothing at all is known. */
const A_BINARY_MS = 1500
const A_SOURCE_MS = 20_000

/** An estimate for a run that is heard from its beginning. */
export function createEstimate(history: History): Estimate {
  const [stages, over] = [[] as string[], new Set<string>()]
  const pace = { pieces: createPace(), stages: createPace() }
  let current: Current | undefined
  const leave = (stage: string, elapsedMs: number): void => {
    over.add(stage)
    if (current?.stage !== stage) return
    const expected = total(history.stage(stage))
    if (expected > 0) pace.stages.add(elapsedMs - current.beganMs, expected)
    current = undefined
  }
  const at = ({ stage, elapsedMs }: { stage: string; elapsedMs: number }): Current => {
    if (current?.stage === stage) return current
    // What of a stage goes on then is beside the next one: nobody waits for it.
    if (current !== undefined && stages.includes(current.stage)) leave(current.stage, elapsedMs)
    current = begin(stage, elapsedMs, history)
    return current
  }
  return {
    take(event) {
      switch (event.type) {
        case 'run-started':
          stages.push(...event.stages)
          break
        case 'stage-skipped':
        case 'stage-finished':
        case 'seed-finished':
          leave('stage' in event ? event.stage : 'seed', event.elapsedMs)
          break
        default:
          if (event.type !== 'work-progress' && 'stage' in event && !over.has(event.stage))
            advance(at(event), event, { history, pace: pace.pieces })
      }
    },
    remaining(elapsedMs) {
      const later = stages.filter((stage) => !over.has(stage) && stage !== current?.stage)
      if (current === undefined && later.length === 0) return undefined
      const now = current === undefined ? 0 : restOf(current, elapsedMs, pace.pieces)
      if (now === undefined) return undefined
      const known = later.map((stage) => total(history.stage(stage)))
      if (current?.isKnown !== false && known.every((ms) => ms > 0)) {
        const ms = now + known.reduce((sum, each) => sum + each, 0) * factorOf(pace)
        return { of: 'run', ms, done: elapsedMs / (elapsedMs + ms) }
      }
      return current === undefined ? undefined : ofStage(now, elapsedMs - current.beganMs)
    },
  }
}

const ofStage = (ms: number, inStage: number): Remaining => ({
  of: 'stage',
  ms,
  done: inStage / (inStage + ms),
})

/** Whole stages, where one is over, say more of the others: what was built the last time may be taken now. */
const factorOf = (pace: { pieces: Pace; stages: Pace }): number =>
  pace.stages.factor() === 1 ? pace.pieces.factor() : Math.sqrt(pace.stages.factor() * pace.pieces.factor())

const total = (pieces: readonly Piece[] = []): number => pieces.reduce((sum, { ms }) => sum + ms, 0)

function begin(stage: string, elapsedMs: number, history: History): Current {
  const pieces = history.stage(stage)
  return {
    ...{ stage, beganMs: elapsedMs, markMs: elapsedMs, step: '', rest: [...(pieces ?? [])] },
    ...{ isKnown: pieces !== undefined, running: new Set<string>() },
    ...{ merges: { source: [], binary: [] }, planned: undefined, left: 0 },
  }
}

interface Known {
  readonly history: History
  readonly pace: Pace
}

function advance(current: Current, event: Event, { history, pace }: Known): void {
  switch (event.type) {
    case 'step-started':
      current.step = event.step
      break
    case 'step-finished': {
      const own = current.rest.find(({ step, name }) => step === event.step && name === undefined)
      if (own !== undefined) pace.add(event.elapsedMs - current.markMs, own.ms)
      // Packages that were merged the last time and not now, or that were planned twice.
      current.rest = current.rest.filter(({ step }) => step !== event.step)
      if (current.merges.source.length + current.merges.binary.length > 0) current.planned = new Map()
      current.markMs = event.elapsedMs
      break
    }
    case 'packages-planned':
      plan(current, event.packages, history)
      break
    case 'package-started':
      current.running.add(withoutVersion(event.package))
      // The first of another list; with --jobs a later one may be announced before it.
      if (event.index === 1 || current.left === 0) current.left = event.total
      break
    case 'package-merged':
      merged(current, event, pace)
  }
}

type Merged = Extract<Event, { type: 'package-merged' }>

function merged(current: Current, event: Merged, pace: Pace): void {
  const name = withoutVersion(event.package)
  const ms = event.elapsedMs - current.markMs
  current.running.delete(name)
  current.merges[event.binary ? 'binary' : 'source'].push(ms)
  current.planned?.get(name)?.shift()
  current.left = Math.max(0, current.left - 1)
  current.markMs = event.elapsedMs
  const index = current.rest.findIndex((piece) => piece.name === name)
  const [piece] = index < 0 ? [] : current.rest.splice(index, 1)
  // What was built the last time and is taken now, or the other way round, says nothing about how fast this machine is.
  if (piece !== undefined && piece.binary === event.binary) pace.add(ms, piece.ms)
}

type Planned = Extract<Event, { type: 'packages-planned' }>['packages']

/** Puts what Portage says it will merge in the place of what it merged the last time. */
function plan(current: Current, packages: Planned, history: History): void {
  current.planned = new Map()
  for (const each of packages) {
    const name = withoutVersion(each.package)
    current.planned.set(name, [...(current.planned.get(name) ?? []), each.binary])
  }
  if (!current.isKnown) return
  const before = current.rest.filter(({ name }) => name !== undefined)
  const of = (isBinary: boolean): number | undefined =>
    median(before.flatMap(({ binary, ms }) => (binary === isBinary ? [ms] : [])))
  const [aBinary, aSource] = [of(true) ?? A_BINARY_MS, of(false) ?? A_SOURCE_MS]
  const step = before[0]?.step ?? 'run'
  const now = packages.map((each): Piece => {
    const name = withoutVersion(each.package)
    const index = before.findIndex((piece) => piece.name === name)
    const [same] = index < 0 ? [] : before.splice(index, 1)
    if (same?.binary === each.binary) return same
    const ms = each.binary ? aBinary : (history.usual(each.package) ?? aSource)
    return { step, name, binary: each.binary, ms }
  })
  current.rest = [...current.rest.filter(({ name }) => name === undefined), ...now]
}

/** What is left of the stage; undefined when nothing says so. */
function restOf(current: Current, elapsedMs: number, pace: Pace): number | undefined {
  const sinceMark = elapsedMs - current.markMs
  if (!current.isKnown) return byCount(current, sinceMark)
  const isNow = ({ step, name }: Piece): boolean =>
    step === current.step && (name === undefined ? current.running.size === 0 : current.running.has(name))
  const pieces = current.rest.filter(isNow)
  const now = total(pieces.length > 0 ? pieces : current.rest.slice(0, 1))
  const [all, factor] = [total(current.rest), pace.factor()]
  if (sinceMark <= now * factor) return all * factor - sinceMark
  // What takes longer than it should will take some more, and so will the others.
  return (all - now) * pace.factor(sinceMark, now) + sinceMark * OVERRUN
}

/** By what the packages of this stage took so far. */
function byCount({ planned, left: inList, merges }: Current, sinceMark: number): number | undefined {
  const left = planned === undefined ? new Array<boolean>(inList).fill(false) : [...planned.values()].flat()
  const all = [...merges.source, ...merges.binary]
  if (left.length === 0 || all.length < ENOUGH_PACKAGES) return undefined
  const mean = (of: readonly number[]): number =>
    of.length === 0 ? mean(all) : of.reduce((sum, ms) => sum + ms, 0) / of.length
  const [binary, source] = [mean(merges.binary), mean(merges.source)]
  const ms = left.reduce((sum, isBinary) => sum + (isBinary ? binary : source), 0)
  return Math.max(0, ms - sinceMark)
}
