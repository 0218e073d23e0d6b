// How a failure is told: everything that is needed to go on, in one block. Nothing of it is cut away on a terminal.

import type { Event } from '../events/event.js'
import { formatDuration } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'
import { cut } from './cells.js'

type Failure = Extract<Event, { type: 'stage-failed' | 'run-failed' }>

/** Lines of its log that are shown for a failed stage. */
const TAIL_LINES = 40
/** A line of a log can be megabytes long (a minified source, a broken progress bar); the log itself has all of it. */
const TAIL_CELLS = 1000

/** The block of a failed stage or a failed run: printable lines, an empty one before and after. */
export function failureLines(event: Failure): string[] {
  const lines = event.type === 'stage-failed' ? stageFailed(event) : runFailed(event)
  return ['', ...lines.map(plainText), '']
}

function stageFailed(event: Extract<Event, { type: 'stage-failed' }>): string[] {
  // Portage's reason stands in the tail too, among its display and its advice.
  const tail = event.problem ?? event.tail.slice(-TAIL_LINES)
  return [
    `==== ${event.stage} failed after ${formatDuration(event.durationMs)} ====`,
    `step:     ${event.step}`,
    ...(event.package === undefined ? [] : [`package:  ${event.package}`]),
    ...(event.log === undefined ? [] : [`log:      ${event.log}`]),
    ...(tail.length === 0 ? [] : [event.problem === undefined ? lastOfLog(tail.length) : 'why:']),
    ...tail.map((line) => cut(`  | ${plainText(line)}`, TAIL_CELLS)),
    'to look into the failed root:',
    `  ${event.enter}`,
  ]
}

const lastOfLog = (count: number): string => `the last ${count === 1 ? 'line' : `${count} lines`} of the log:`

function runFailed(event: Extract<Event, { type: 'run-failed' }>): string[] {
  return [
    `==== failed after ${formatDuration(event.durationMs)} ====`,
    ...`${event.code}: ${event.message}`.trimEnd().split('\n'),
    ...(event.hint === undefined ? [] : `hint: ${event.hint}`.trimEnd().split('\n')),
    `(exit code ${event.exitCode})`,
  ]
}
