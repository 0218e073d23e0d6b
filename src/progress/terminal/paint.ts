// The few colours of the terminal log.

import type { Event } from '../../events/event.js'
import { isStopped } from '../../events/words.js'

const RED = '31'
const GREEN = '32'
const YELLOW = '33'
const DIM = '2'
const BOLD = '1'

/** Colours of log lines and status lines; without colour every function returns its text. */
export interface Paint {
  /** A line of the log, by what it tells of. */
  logged(event: Event, line: string): string
  /** A line of the status area, by its place in it. */
  status(line: string, index: number): string
}

/** A paint box; `enabled` is the user's wish (see `wantsColor`). */
export function createPaint(enabled: boolean): Paint {
  const paint = (code: string | undefined, text: string): string =>
    enabled && code !== undefined && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : text
  return {
    logged: (event, line) => paint(colorOf(event, line), line),
    status: (line, index) => paint(index === 0 ? BOLD : DIM, line),
  }
}

function colorOf(event: Event, line: string): string | undefined {
  switch (event.type) {
    case 'stage-failed':
    case 'run-failed':
      return line.startsWith('====') ? (isStopped(event) ? YELLOW : RED) : undefined
    case 'package-failed':
      return RED
    case 'warning':
    case 'download-failed':
      return YELLOW
    case 'stage-finished':
    case 'run-finished':
      return GREEN
    case 'output':
      return DIM
    default:
      return undefined
  }
}
