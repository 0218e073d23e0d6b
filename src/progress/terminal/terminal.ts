// Progress on a terminal: the log scrolls above a status area. Each redraw is one write.

import type { Event, Listener } from '../../events/event.js'
import { createEstimate } from '../estimate/eta.js'
import type { History } from '../estimate/history.js'
import type { Timing } from '../estimate/timing.js'
import { followRun } from '../follow.js'
import { createReporter } from '../log-lines.js'
import type { Sink } from '../sink.js'
import { atWorkLines, statusLines } from '../status.js'
import { summaryLines } from '../summary.js'
import { width } from './cells.js'
import { createPaint } from './paint.js'

/** At most ten redraws a second: more is not read, and costs the build time. */
const REDRAW_MS = 100
/** The clocks in the status area go on without events. */
const TICK_MS = 1000
/** What must be seen even if the process dies in the next moment. */
const URGENT: ReadonlySet<Event['type']> = new Set(['stage-failed', 'run-failed', 'run-finished', 'warning'])

/** What the terminal renderer needs. `verbose` puts every line of build output into the log. */
export interface TerminalOptions {
  sink: Sink
  timing: Timing
  color: boolean
  verbose: boolean
  history: History
  doing: string | undefined
}

/** The renderer for a terminal that understands cursor movements. */
export function createTerminal({ sink, timing, color, verbose, history, doing }: TerminalOptions): Listener {
  const run = followRun(timing, doing)
  const estimate = createEstimate(history)
  const report = createReporter(verbose, () => atWorkLines(run.now(), history))
  const paint = createPaint(color)
  const area = createArea(sink)
  const alarm = createAlarm(timing)
  let log: string[] = []
  let closed = false
  let drawnMs = Number.NEGATIVE_INFINITY

  const draw = (): void => {
    if (closed) return
    const state = run.now()
    drawnMs = timing.monotonicMs()
    const remaining = estimate.remaining(state.elapsedMs)
    const size = { columns: sink.columns(), rows: sink.rows() }
    area.draw(log, statusLines(state, { history, remaining }, size), paint.status)
    log = []
    if (state.ended) alarm.off()
    else alarm.set(TICK_MS, draw)
  }
  const request = (event: Event): void => {
    const waitMs = URGENT.has(event.type) ? 0 : drawnMs + REDRAW_MS - timing.monotonicMs()
    if (waitMs <= 0) draw()
    else alarm.set(waitMs, draw)
  }
  // What comes before the first event takes seconds too.
  alarm.set(TICK_MS, draw)
  sink.onResize(draw)
  return {
    on(event) {
      run.take(event)
      estimate.take(event)
      log.push(...report(event).map((line) => paint.logged(event, line)))
      if (event.type === 'run-finished') log.push(...summaryLines(run.now().results, event, sink.columns()))
      request(event)
    },
    close() {
      closed = true
      alarm.off()
      area.draw(log, [], paint.status)
    },
  }
}

/** One alarm; setting it again keeps the earlier of both times. */
function createAlarm(timing: Timing): { set(ms: number, act: () => void): void; off(): void } {
  let dueMs = Number.POSITIVE_INFINITY
  let callOff = (): void => {}
  const off = (): void => {
    callOff()
    dueMs = Number.POSITIVE_INFINITY
  }
  return {
    off,
    set(ms, act) {
      const wanted = timing.monotonicMs() + ms
      if (wanted >= dueMs) return
      off()
      dueMs = wanted
      callOff = timing.after(ms, () => {
        dueMs = Number.POSITIVE_INFINITY
        act()
      })
    },
  }
}

/** The lines at the bottom of the screen; the cursor rests at the end of the last one. */
function createArea(sink: Sink): {
  draw(log: readonly string[], lines: readonly string[], paint: (line: string, index: number) => string): void
} {
  let drawn: readonly string[] = []
  return {
    draw(log, lines, paint) {
      if (log.length === 0 && drawn.join('\n') === lines.join('\n')) return
      const above = log.map((line) => `${line}\n`).join('')
      sink.write(`${erase(drawn, sink.columns())}${above}${lines.map(paint).join('\n')}`)
      drawn = lines
    },
  }
}

/** Goes to the top of the area and clears from there. A terminal made narrower since has wrapped the lines: rows, not lines, count. */
function erase(drawn: readonly string[], columns: number): string {
  if (drawn.length === 0) return ''
  const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0)
  return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ''}\x1b[J`
}
