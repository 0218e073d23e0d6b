// Chooses the renderer that fits where the output goes.

import type { Listener } from '../events/event.js'
import type { CiSystem } from './ci/note.js'
import { type History, NO_HISTORY } from './estimate/history.js'
import { systemTiming, type Timing } from './estimate/timing.js'
import { createJson } from './json.js'
import { createPlain } from './plain.js'
import { createSink, type ProgressStream } from './sink.js'
import { createTerminal } from './terminal/terminal.js'

/** A log file has no width; its lists are wrapped here. */
const LOG_COLUMNS = 100

/** What is known of the terminal. */
export interface Terminal {
  /** TERM; empty where it is not set. */
  readonly term: string
  /** Whether to use colours. */
  readonly color: boolean
  /** The CI system whose pages show what is written, if it is one that is known here. */
  readonly ci?: CiSystem | undefined
}

/** Where progress goes and how. */
export interface ProgressOptions {
  stream: ProgressStream
  /** NDJSON, whatever `stream` is. */
  json: boolean
  terminal: Terminal
  isTTY: boolean
  /** Also show build output line by line. */
  verbose?: boolean
  /** What goes on while no stage does: of a run it is prepared. */
  doing?: string
  /** What earlier runs took: usual times, and the time left. */
  history?: History
  timing?: Timing
}

/**
 * The renderer for a run: JSON if asked for, the status area on a terminal that can move its cursor, else plain lines, for CI with its marks.
 * Errors of `stream` (EPIPE, a closed terminal) silence it and never reach the build.
 */
export function createProgress(options: ProgressOptions): Listener {
  const { terminal, verbose = false, history = NO_HISTORY, timing = systemTiming, doing } = options
  const sink = createSink(options.stream)
  if (options.json) return createJson(sink, verbose)
  // A log that is looked at later is no terminal, whatever it is written to.
  const isLog = !options.isTTY || isDumb(terminal) || isPage(terminal)
  // A terminal that cannot move its cursor has a width all the same.
  const columns = options.isTTY && !isPage(terminal) ? sink.columns : () => LOG_COLUMNS
  if (isLog) return createPlain({ sink, timing, verbose, history, ci: terminal.ci, doing, columns })
  return createTerminal({ sink, timing, color: terminal.color, verbose, history, doing })
}

/** People set `CI` on their own terminals, too. */
const isPage = ({ ci }: Terminal): boolean => ci !== undefined && ci !== 'other'

const isDumb = ({ term }: Terminal): boolean => term === '' || term === 'dumb'
