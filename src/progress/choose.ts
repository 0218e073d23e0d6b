// Chooses the renderer that fits where the output goes.

import type { Listener } from '../events/event.js'
import type { PackageHistory } from './eta.js'
import { createJson } from './json.js'
import { createPlain } from './plain.js'
import { createSink, type ProgressStream } from './sink.js'
import { createTerminal } from './terminal.js'
import { systemTiming, type Timing } from './timing.js'

/** What is known of the terminal. */
export interface Terminal {
  /** TERM; empty where it is not set. */
  readonly term: string
  /** Whether to use colours. */
  readonly color: boolean
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
  /** From `packageHistory` of an earlier journal: makes the estimate of the time left a better one. */
  history?: PackageHistory
  timing?: Timing
}

/**
 * The renderer for a run: JSON if asked for, the status area on a terminal that can move its cursor, else plain lines.
 * Errors of `stream` (EPIPE, a closed terminal) silence it and never reach the build.
 */
export function createProgress(options: ProgressOptions): Listener {
  const { terminal, verbose = false, history = new Map<string, number>(), timing = systemTiming } = options
  const sink = createSink(options.stream)
  if (options.json) return createJson(sink, verbose)
  if (!options.isTTY || isDumb(terminal)) return createPlain({ sink, timing, verbose })
  return createTerminal({ sink, timing, color: terminal.color, verbose, history })
}

const isDumb = ({ term }: Terminal): boolean => term === '' || term === 'dumb'
