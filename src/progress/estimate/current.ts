// What is left of the stage that runs: the pieces that it had the last time, without those that have ended, and with what Portage
// says that it will merge in the place of what it merged then.

import type { Event } from '../../events/event.js'
import { type History, median } from './history.js'
import { partDone } from './log-curve.js'
import type { Pace } from './pace.js'
import { type AtWork, createStageTime, type Piece, type StageTime, withoutVersion } from './stage-time.js'

/** The stage that runs. */
export interface Current {
  readonly stage: string
  readonly beganMs: number
  /** Whether anything is known of it from an earlier run. */
  readonly isKnown: boolean
  take(event: Event): void
  /** The time left of the stage; undefined when nothing says so. */
  remaining(elapsedMs: number): number | undefined
}

/** What the time left is judged by. */
interface Known {
  readonly history: History
  readonly pace: Pace
}

/** What has come of a stage, and what is to come. */
interface State extends Known {
  readonly time: StageTime
  /** What is to come, if anything is known of it. */
  rest: Piece[]
  readonly isKnown: boolean
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

/** The milliseconds of all these pieces. */
export const total = (pieces: readonly Piece[] = []): number => pieces.reduce((sum, { ms }) => sum + ms, 0)

/** A stage that begins at `beganMs` of the run. */
export function createCurrent(stage: string, beganMs: number, { history, pace }: Known): Current {
  const pieces = history.stage(stage)
  const state: State = {
    ...{ history, pace, time: createStageTime(beganMs), rest: [...(pieces ?? [])] },
    ...{ isKnown: pieces !== undefined, merges: { source: [], binary: [] }, planned: undefined, left: 0 },
  }
  return {
    ...{ stage, beganMs, isKnown: state.isKnown },
    take: (event) => advance(state, event),
    remaining(elapsedMs) {
      state.time.spend(elapsedMs)
      return state.isKnown ? byPieces(state) : byCount(state)
    },
  }
}

function advance(state: State, event: Event): void {
  const ended = state.time.take(event)
  switch (event.type) {
    case 'step-finished': {
      const own = state.rest.find(({ step, name }) => step === event.step && name === undefined)
      if (own !== undefined && ended !== undefined) state.pace.add(ended.ms, own.ms)
      // Packages that were merged the last time and not now, or that were planned twice.
      state.rest = state.rest.filter(({ step }) => step !== event.step)
      if (state.merges.source.length + state.merges.binary.length > 0) state.planned = new Map()
      break
    }
    case 'packages-planned':
      plan(state, event.packages)
      break
    case 'package-started':
      // The first of another list; with --jobs a later one may be announced before it.
      if (event.index === 1 || state.left === 0) state.left = event.total
      break
    case 'package-merged':
      if (ended !== undefined) merged(state, ended)
  }
}

function merged(state: State, { name, binary = false, ms }: Piece): void {
  state.merges[binary ? 'binary' : 'source'].push(ms)
  state.planned?.get(name ?? '')?.shift()
  state.left = Math.max(0, state.left - 1)
  const piece =
    state.rest.find(isOf({ name: name ?? '', binary })) ?? state.rest.find((each) => each.name === name)
  state.rest = state.rest.filter((each) => each !== piece)
  // What was built the last time and is taken now, or the other way round, says nothing about how fast this machine is.
  if (piece?.binary === binary) state.pace.add(ms, piece.ms)
}

const isOf =
  ({ name, binary }: Pick<AtWork, 'name' | 'binary'>) =>
  (piece: Piece): boolean =>
    piece.name === name && piece.binary === binary

type Planned = Extract<Event, { type: 'packages-planned' }>['packages']

/** Puts what Portage says it will merge in the place of what it merged the last time. */
function plan(state: State, packages: Planned): void {
  state.planned = new Map()
  for (const each of packages) {
    const name = withoutVersion(each.package)
    state.planned.set(name, [...(state.planned.get(name) ?? []), each.binary])
  }
  if (!state.isKnown) return
  const before = state.rest.filter(({ name }) => name !== undefined)
  const of = (isBinary: boolean): number | undefined =>
    median(before.flatMap(({ binary, ms }) => (binary === isBinary ? [ms] : [])))
  const [aBinary, aSource] = [of(true) ?? A_BINARY_MS, of(false) ?? A_SOURCE_MS]
  const step = before[0]?.step ?? 'run'
  const now = packages.map((each): Piece => {
    const name = withoutVersion(each.package)
    const index = before.findIndex((piece) => piece.name === name)
    const [same] = index < 0 ? [] : before.splice(index, 1)
    if (same?.binary === each.binary) return same
    const ms = each.binary ? aBinary : (state.history.usual(each.package) ?? aSource)
    return { step, name, binary: each.binary, ms }
  })
  state.rest = [...state.rest.filter(({ name }) => name === undefined), ...now]
}

/** A piece that goes on: what it should have taken so far, and how long it will take. */
interface GoingOn {
  readonly piece: Piece
  readonly ms: number
  readonly doneMs: number
  /** What of it was done, in the time of the last run; undefined where nothing says that. */
  readonly partMs: number | undefined
}

function byPieces(state: State): number {
  const { rest, pace } = state
  const going = goingOn(state)
  const factor = pace.factor(...seen(going))
  const waiting = rest.filter((piece) => !going.some((each) => each.piece === piece))
  return going.reduce((sum, each) => sum + leftOf(each, factor), total(waiting) * factor)
}

/** What is at work now, or the step itself. */
function goingOn({ rest, time }: State): GoingOn[] {
  const going: GoingOn[] = []
  let unknownMs = 0
  for (const each of time.running.values()) {
    const free = rest.filter((piece) => !going.some((other) => other.piece === piece))
    const piece = free.find(isOf(each)) ?? free.find(({ name }) => name === each.name)
    if (piece === undefined) unknownMs += each.ms
    else going.push({ piece, ms: piece.ms, doneMs: each.ms, partMs: byLog(piece, each) })
  }
  const own = rest.find(({ step, name }) => step === time.step && name === undefined)
  // Beside its packages the step itself stands still: nothing is late of it.
  const ownMs = time.ownMs + unknownMs
  const doneMs = going.length > 0 ? Math.min(ownMs, own?.ms ?? 0) : ownMs
  if (own !== undefined) going.push({ piece: own, ms: own.ms, doneMs, partMs: undefined })
  return going
}

/** How far a package is by its log, in the time that it took the last time. */
function byLog({ log, binary, ms }: Piece, { logged, ms: now }: AtWork): number | undefined {
  if (log === undefined || binary === true || logged.bytes === 0) return undefined
  const [least, most] = partDone(log, logged.bytes).map((part) => part * ms) as [number, number]
  return Math.min(most, least + (now - logged.ms))
}

/** What goes on says how fast this run is, where that is known: by its log, or by taking longer than it should. */
function seen(going: readonly GoingOn[]): [actualMs: number, expectedMs: number] {
  const expected = ({ partMs, doneMs, ms }: GoingOn): number => partMs ?? Math.min(doneMs, ms)
  return [
    going.reduce((sum, { doneMs }) => sum + doneMs, 0),
    going.reduce((sum, each) => sum + expected(each), 0),
  ]
}

/** How long a package has to be at work until its own pace counts as much as that of the run. */
const trialOf = (ms: number): number => 2000 + ms / 8

function leftOf({ ms, doneMs, partMs }: GoingOn, factor: number): number {
  if (partMs === undefined) {
    const left = ms * factor - doneMs
    // What takes longer than it should will take some more.
    return left > 0 ? left : doneMs > ms ? doneMs * OVERRUN : 0
  }
  const trial = trialOf(ms)
  const own = (doneMs + trial * factor) / (partMs + trial)
  return Math.max(0, ms - partMs) * own
}

/** By what the packages of this stage took so far. */
function byCount({ planned, left: inList, merges, time }: State): number | undefined {
  const left = planned === undefined ? new Array<boolean>(inList).fill(false) : [...planned.values()].flat()
  const all = [...merges.source, ...merges.binary]
  if (left.length === 0 || all.length < ENOUGH_PACKAGES) return undefined
  const mean = (of: readonly number[]): number =>
    of.length === 0 ? mean(all) : of.reduce((sum, ms) => sum + ms, 0) / of.length
  const [binary, source] = [mean(merges.binary), mean(merges.source)]
  const ms = left.reduce((sum, isBinary) => sum + (isBinary ? binary : source), 0)
  const done = [...time.running.values()].reduce((sum, each) => sum + each.ms, 0)
  return Math.max(0, ms - done)
}
