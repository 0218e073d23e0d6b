// Times the steps of a stage and states them as facts. The engine's own time is all but the script's two passes, the fetching, and
// what is done beside the next stage, for which nobody waits.

import type { SdkError } from '../errors.js'
import type { Emit, Fact } from '../events/event.js'
import type { Cause } from '../portage/causes.js'
import type { Collision } from '../portage/collisions.js'

/** Steps in which Portage, not the engine, is at work, or the network. */
const NOT_ENGINE = new Set(['enter', 'run', 'fetch'])

const notOfTheEngine = (steps: Readonly<Record<string, number>>): number =>
  Object.entries(steps).reduce((sum, [name, ms]) => (NOT_ENGINE.has(name) ? sum + ms : sum), 0)

/** See {@link createStopwatch}. */
export interface Stopwatch {
  /** When the stage began. */
  readonly started: Date
  /** The time since then, by a clock that nobody sets: never before {@link started}. */
  now(): Date
  /** Milliseconds of the finished steps, by name. */
  readonly steps: Record<string, number>
  step<T>(name: string, act: () => Promise<T>): Promise<T>
  /** From here on the next stage runs. */
  beside(): void
  finished(output: { archive: string; digest: string; bytes: number }): Fact
  /** `enter` is the command that enters what is left, if there is something to enter. */
  failed(error: SdkError, enter: string | undefined): Fact
}

/** A stopwatch for `stage`. */
export function createStopwatch(stage: string, emit: Emit): Stopwatch {
  const begin = performance.now()
  const started = new Date()
  const steps: Record<string, number> = {}
  let current = ''
  let besideSince: number | undefined
  const elapsed = (since: number): number => Math.round(performance.now() - since)
  return {
    started,
    now: () => new Date(started.getTime() + elapsed(begin)),
    steps,
    async step(name, act) {
      current = name
      const start = performance.now()
      emit({ type: 'step-started', stage, step: name })
      const result = await act()
      steps[name] = elapsed(start)
      emit({ type: 'step-finished', stage, step: name, durationMs: steps[name] })
      return result
    },
    beside() {
      besideSince = performance.now()
    },
    finished({ archive, digest, bytes }) {
      const durationMs = elapsed(begin)
      const besideMs = besideSince === undefined ? undefined : elapsed(besideSince)
      const engineMs = Math.max(0, durationMs - (besideMs ?? 0) - notOfTheEngine(steps))
      return { type: 'stage-finished', stage, archive, digest, bytes, durationMs, engineMs, besideMs }
    },
    failed(error, enter) {
      const { package: name, log, problem, causes, collisions, tail } = error.facts as Record<string, unknown>
      return {
        type: 'stage-failed',
        stage,
        step: current,
        ...(typeof name === 'string' ? { package: name } : {}),
        ...(typeof log === 'string' ? { log } : {}),
        ...(Array.isArray(problem) ? { problem: problem.map(String) } : {}),
        ...(Array.isArray(causes) ? { causes: causes as Cause[] } : {}),
        ...(Array.isArray(collisions) ? { collisions: collisions as Collision[] } : {}),
        tail: Array.isArray(tail) ? tail.map(String) : error.message.split('\n'),
        enter,
        durationMs: elapsed(begin),
      }
    },
  }
}
