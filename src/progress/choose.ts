// Chooses the renderer that fits where the output goes.

import type { Listener } from '../events/event.js'
import type { PackageHistory } from './eta.js'
import { createJson } from './json.js'
import { wantsColor } from './paint.js'
import { createPlain } from './plain.js'
import { createSink, type ProgressStream } from './sink.js'
import { createTerminal } from './terminal.js'
import { systemTiming, type Timing } from './timing.js'

/** Where progress goes and how. */
export interface ProgressOptions {
  stream: ProgressStream
  /** NDJSON, whatever `stream` is. */
  json: boolean
  /** NO_COLOR, FORCE_COLOR and TERM are looked at. */
  env: Readonly<Record<string, string | undefined>>
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
  const { env, verbose = false, history = new Map<string, number>(), timing = systemTiming } = options
  const sink = createSink(options.stream)
  if (options.json) return createJson(sink, verbose)
  if (!options.isTTY || isDumb(env)) return createPlain({ sink, timing, verbose })
  return createTerminal({ sink, timing, color: wantsColor(env), verbose, history })
}

function isDumb(env: Readonly<Record<string, string | undefined>>): boolean {
  return ['', 'dumb'].includes(env.TERM ?? '')
}
