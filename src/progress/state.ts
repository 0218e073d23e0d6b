// Where a run stands: the events folded into what the heartbeat, the status area and the summary show.

import type { Event } from '../events/event.js'
import { plainText } from '../events/plain-text.js'
import type { StageResult } from './summary.js'
import { advanceWorks, type Works } from './works.js'

/** The packages of the emerge that runs (a stage runs several, one after the other). */
export interface PackageList {
  total: number
  /** Indices that were announced, and that were merged. */
  started: Set<number>
  merged: Set<number>
  /** What is being built, by its index; with `--jobs` more than one. */
  running: Map<number, RunningPackage>
}

/** A package that is being built; times as in {@link RunState}. */
export interface RunningPackage {
  readonly name: string
  readonly binary: boolean
  readonly beganMs: number
  /** Portage's phase, once that is known, and since when. */
  phase?: string
  phaseMs: number
  /** The last line of its own log: printable, not cut. */
  line: string
}

/** The state of a run; all times in milliseconds since its start. */
export interface RunState {
  elapsedMs: number
  /** What goes on while no stage does. */
  doing: string
  stages: string[]
  stage?: string
  /** The stage before, whose root is done: it is archived beside. */
  beside?: string
  stageStartedMs: number
  step?: string
  phase?: string
  packages?: PackageList
  /** Work that takes long: downloads, archives, digests. */
  works: Works
  /** What the stage uses. */
  resources?: Extract<Event, { type: 'resources-measured' }>
  /** The last line of build output: printable, not cut. */
  lastLine: string
  results: StageResult[]
  ended: boolean
}

/** The state before the first event. */
export function initialState(doing = 'preparing'): RunState {
  return {
    doing,
    elapsedMs: 0,
    stages: [],
    stageStartedMs: 0,
    works: new Map(),
    lastLine: '',
    results: [],
    ended: false,
  }
}

/** Takes one event into the state. */
export function advance(state: RunState, event: Event): void {
  state.elapsedMs = event.elapsedMs
  switch (event.type) {
    case 'run-started':
      state.stages = event.stages
      break
    case 'stage-started':
      keepBeside(state)
      enterStage(state, event.stage)
      break
    case 'stage-skipped':
    case 'stage-finished':
      state.results.push(event)
      endStage(state, event.stage)
      break
    case 'step-started':
      // Those of a seed, and of the verb `fetch`, have no `stage-started` before them.
      if (state.stage !== event.stage) enterStage(state, event.stage)
      state.step = event.step
      forgetActivity(state)
      break
    case 'step-finished':
      if (state.beside !== event.stage) forgetActivity(state)
      break
    case 'phase-started':
      state.phase = event.phase
      break
    case 'resources-measured':
      state.resources = event
      break
    case 'output':
      state.lastLine = plainText(event.line).trim()
      break
    case 'run-finished':
    case 'run-failed':
      state.ended = true
      break
    default:
      advancePackages(state, event)
      advanceWorks(state.works, event)
  }
}

/** A stage that begins before the one before it has ended; a seed has an end of its own. */
function keepBeside(state: RunState): void {
  if (state.stage !== undefined && state.stages.includes(state.stage)) state.beside = state.stage
}

function enterStage(state: RunState, stage: string): void {
  if (state.stage === stage) return
  leaveStage(state)
  state.stage = stage
  state.stageStartedMs = state.elapsedMs
}

function endStage(state: RunState, stage: string): void {
  if (state.beside === stage) delete state.beside
  else leaveStage(state)
}

function leaveStage(state: RunState): void {
  delete state.stage
  delete state.step
  forgetActivity(state)
}

function forgetActivity(state: RunState): void {
  delete state.phase
  delete state.packages
  delete state.resources
  state.lastLine = ''
}

function advancePackages(state: RunState, event: Event): void {
  switch (event.type) {
    case 'package-started':
      announce(state, event).running.set(event.index, {
        ...{ name: event.package, binary: event.binary, beganMs: state.elapsedMs },
        ...{ phaseMs: state.elapsedMs, line: '' },
      })
      break
    case 'package-phase':
      for (const each of runningOf(state, event)) {
        each.phase = event.phase
        each.phaseMs = state.elapsedMs
      }
      break
    case 'package-output':
      for (const each of runningOf(state, event)) each.line = plainText(event.line).trim()
      break
    case 'package-merged': {
      const list = announce(state, event)
      list.running.delete(event.index)
      list.merged.add(event.index)
      break
    }
    case 'package-failed':
      for (const [index, { name }] of state.packages?.running ?? [])
        if (name === event.package) state.packages?.running.delete(index)
  }
}

const runningOf = (state: RunState, event: { package: string }): RunningPackage[] =>
  [...(state.packages?.running.values() ?? [])].filter(({ name }) => name === event.package)

/** Notes that `event` names its package; the list that this is in. */
function announce(state: RunState, event: { type: string; index: number; total: number }): PackageList {
  const list = listOf(state, event)
  list.started.add(event.index)
  return list
}

/** A total that changes, or an index that comes back, is the next emerge of the stage. */
function listOf(state: RunState, event: { type: string; index: number; total: number }): PackageList {
  const list = state.packages
  const again = event.type === 'package-started' && list?.started.has(event.index)
  if (list !== undefined && list.total === event.total && !again) return list
  state.packages = {
    total: event.total,
    started: new Set(),
    merged: new Set(),
    running: new Map(),
  }
  return state.packages
}
