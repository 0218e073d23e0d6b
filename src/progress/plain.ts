// Progress where there is no terminal: calm lines, never a control character, and never a silence of over a minute.

import type { Listener } from '../events/event.js'
import { plainText } from '../events/plain-text.js'
import { isLogged } from '../events/words.js'
import { type CiSystem, createCiLog } from './ci.js'
import { followRun } from './follow.js'
import { createReporter } from './log-lines.js'
import type { Sink } from './sink.js'
import { heartbeatLine } from './status.js'
import { summaryLines } from './summary.js'
import type { Timing } from './timing.js'

/** Silence after which a CI system or a person begins to doubt, in milliseconds. */
const HEARTBEAT_MS = 60_000
/** A log file has no width; its lists are wrapped here. */
const LIST_COLUMNS = 100

/** What the plain renderer needs. `verbose` adds every line of build output; `ci` is whose pages show the log. */
export interface PlainOptions {
  sink: Sink
  timing: Timing
  verbose: boolean
  ci: CiSystem | undefined
}

/** The renderer for pipes, files and CI. */
export function createPlain({ sink, timing, verbose, ci }: PlainOptions): Listener {
  const run = followRun(timing)
  const report = createReporter()
  const log = createCiLog(ci)
  let callOff = (): void => {}
  const print = (lines: readonly string[]): void => {
    if (lines.length === 0) return
    sink.write(lines.map((line) => `${line}\n`).join(''))
    callOff()
    if (!run.now().ended) callOff = timing.after(HEARTBEAT_MS, beat)
  }
  const beat = (): void => print([log.text(plainText(heartbeatLine(run.now())))])
  return {
    on(event) {
      run.take(event)
      const isSaid = isLogged(event) || (verbose && event.type === 'output')
      const summary =
        event.type === 'run-finished' ? summaryLines(run.now().results, event, LIST_COLUMNS) : []
      print(log.lines(event, [...(isSaid ? report(event) : []), ...summary]))
    },
    close() {
      callOff()
      sink.write(
        log
          .end()
          .map((line) => `${line}\n`)
          .join(''),
      )
    },
  }
}
