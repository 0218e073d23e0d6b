// How long a run will still take: by what its stages took the last time, by how fast this run is beside that one, and by what
// Portage says that it will merge. A stage that was never finished here is judged by its own packages so far.

import type { Event } from '../../events/event.js'
import { type Current, createCurrent, total } from './current.js'
import type { History } from './history.js'
import { AFTER_STAGES } from './learner.js'
import { createPace, type Pace } from './pace.js'

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

/** A run so far. */
interface Run {
  readonly history: History
  readonly stages: string[]
  readonly over: Set<string>
  readonly pace: { readonly pieces: Pace; readonly stages: Pace }
  current: Current | undefined
  /** When the last stage was built that is to be. */
  builtMs: number | undefined
}

/** An estimate for a run that is heard from its beginning. */
export function createEstimate(history: History): Estimate {
  const run: Run = {
    ...{ history, stages: [], over: new Set(), current: undefined, builtMs: undefined },
    pace: { pieces: createPace(), stages: createPace() },
  }
  return {
    take(event) {
      switch (event.type) {
        case 'run-started':
          run.stages.push(...event.stages)
          break
        case 'run-finished':
        case 'run-failed':
          run.builtMs = undefined
          break
        case 'stage-skipped':
        case 'stage-finished':
        case 'seed-finished':
          leave(run, 'stage' in event ? event.stage : 'seed', event.elapsedMs)
          break
        default:
          if (event.type !== 'work-progress' && 'stage' in event && !run.over.has(event.stage))
            enter(run, event).take(event)
      }
    },
    remaining(elapsedMs) {
      const { current, builtMs } = run
      const after = afterStage(run)
      const now = current === undefined ? 0 : current.remaining(elapsedMs)
      if (now === undefined) return undefined
      if (current?.isKnown !== false && after !== undefined)
        return ofRun(now + after - (builtMs === undefined ? 0 : elapsedMs - builtMs), elapsedMs)
      return current === undefined ? undefined : ofStage(now, elapsedMs - current.beganMs)
    },
  }
}

function enter(run: Run, { stage, elapsedMs }: { stage: string; elapsedMs: number }): Current {
  const { current, history, pace } = run
  if (current?.stage === stage) return current
  // What of a stage goes on then is beside the next one: nobody waits for it.
  if (current !== undefined && run.stages.includes(current.stage)) leave(run, current.stage, elapsedMs)
  run.current = createCurrent(stage, elapsedMs, { history, pace: pace.pieces })
  return run.current
}

function leave(run: Run, stage: string, elapsedMs: number): void {
  const { current, over, pace } = run
  over.add(stage)
  if (current?.stage !== stage) return
  const expected = total(run.history.stage(stage))
  if (expected > 0) pace.stages.add(elapsedMs - current.beganMs, expected)
  run.current = undefined
  if (run.stages.every((each) => over.has(each))) run.builtMs = elapsedMs
}

/** What comes after the stage that runs; undefined when that is not known, or nothing is. */
function afterStage({ history, stages, over, current, builtMs, pace }: Run): number | undefined {
  const later = stages.filter((stage) => !over.has(stage) && stage !== current?.stage)
  if (current === undefined && later.length === 0 && builtMs === undefined) return undefined
  const known = later.map((stage) => total(history.stage(stage)))
  if (known.some((ms) => ms === 0)) return undefined
  return known.reduce((sum, each) => sum + each, total(history.stage(AFTER_STAGES))) * factorOf(pace)
}

function ofRun(ms: number, elapsedMs: number): Remaining {
  const left = Math.max(0, ms)
  return { of: 'run', ms: left, done: elapsedMs / (elapsedMs + left) }
}

const ofStage = (ms: number, inStage: number): Remaining => ({
  of: 'stage',
  ms,
  done: inStage / (inStage + ms),
})

/** Whole stages, where one is over, say more of the others: what was built the last time may be taken now. */
const factorOf = (pace: { pieces: Pace; stages: Pace }): number =>
  pace.stages.factor() === 1 ? pace.pieces.factor() : Math.sqrt(pace.stages.factor() * pace.pieces.factor())
