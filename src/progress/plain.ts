// Progress where there is no terminal: calm lines, never a control character, and never a silence of over a minute.

import type { Listener } from '../events/event.js'
import { plainText } from '../events/plain-text.js'
import { createCiLog } from './ci/ci.js'
import type { CiSystem } from './ci/note.js'
import { createEstimate } from './estimate/eta.js'
import type { History } from './estimate/history.js'
import type { Timing } from './estimate/timing.js'
import { type Follower, followRun } from './follow.js'
import { createReporter } from './log-lines.js'
import type { Sink } from './sink.js'
import type { RunState } from './state.js'
import { atWorkLines, heartbeatLine, longLine, type Shown, workLine } from './status.js'
import { summaryLines } from './summary.js'

/** Silence after which a CI system or a person begins to doubt, in milliseconds. */
const HEARTBEAT_MS = 60_000
/** A package that takes longer is told of, and again after as long; other work sooner, as less is said of it. */
const LONG_MS = { package: 60_000, work: 30_000 }
const LOOK_MS = 10_000

/** What the plain renderer needs. `verbose` adds every line of build output; `ci` is whose pages show the log; `columns` is the width of the lists. */
export interface PlainOptions {
  sink: Sink
  timing: Timing
  verbose: boolean
  history: History
  ci: CiSystem | undefined
  doing: string | undefined
  columns: () => number
}

/** The renderer for pipes, files and CI. */
export function createPlain({ sink, timing, verbose, history, ci, doing, columns }: PlainOptions): Listener {
  const run = followRun(timing, doing)
  const estimate = createEstimate(history)
  const report = createReporter(verbose, () => atWorkLines(run.now(), history))
  const log = createCiLog(ci)
  let callOff = (): void => {}
  const print = (lines: readonly string[]): void => {
    if (lines.length === 0) return
    sink.write(lines.map((line) => `${line}\n`).join(''))
    callOff()
    if (!run.now().ended) callOff = timing.after(HEARTBEAT_MS, beat)
  }
  const shown = (): Shown => ({ history, remaining: estimate.remaining(run.now().elapsedMs) })
  const say = (line: string): void => print([log.text(plainText(line))])
  const long = [
    createLong(run, timing, {
      ...{ longMs: LONG_MS.package, of: ({ packages }) => [...(packages?.running.values() ?? [])] },
      tell: (packages) => say(longLine(run.now(), packages, shown())),
    }),
    createLong(run, timing, {
      ...{ longMs: LONG_MS.work, of: ({ works }) => [...works.values()] },
      tell: (works) => say(workLine(run.now(), works)),
    }),
  ]
  const beat = (): void => {
    for (const each of long) each.told()
    say(heartbeatLine(run.now(), shown()))
  }
  return {
    on(event) {
      run.take(event)
      estimate.take(event)
      const summary = event.type === 'run-finished' ? summaryLines(run.now().results, event, columns()) : []
      print(log.lines(event, [...report(event), ...summary]))
    },
    close() {
      callOff()
      for (const each of long) each.off()
      sink.write(
        log
          .end()
          .map((line) => `${line}\n`)
          .join(''),
      )
    },
  }
}

/** Something that goes on. */
interface GoingOn {
  readonly beganMs: number
}

/** What is told when it takes long. */
interface Long<T extends GoingOn> {
  readonly longMs: number
  of(state: RunState): readonly T[]
  tell(long: readonly T[]): void
}

/** What takes long is told of, again and again, also while there is much to tell of others; `told` when that was done. */
function createLong<T extends GoingOn>(
  run: Follower,
  timing: Timing,
  { longMs, of, tell }: Long<T>,
): { told(): void; off(): void } {
  const toldMs = new WeakMap<T, number>()
  const told = (all: readonly T[] = of(run.now())): void => {
    for (const each of all) toldMs.set(each, run.now().elapsedMs)
  }
  let callOff = (): void => {}
  const look = (): void => {
    const state = run.now()
    const long = (state.ended ? [] : of(state)).filter(
      (each) => state.elapsedMs - (toldMs.get(each) ?? each.beganMs) >= longMs,
    )
    told(long)
    if (long.length > 0) tell(long)
    if (!state.ended) callOff = timing.after(LOOK_MS, look)
  }
  callOff = timing.after(LOOK_MS, look)
  return { told: () => told(), off: () => callOff() }
}
