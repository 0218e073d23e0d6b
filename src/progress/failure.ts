// How a failure is told: everything that is needed to go on, in one block, and nothing twice. Nothing of it is cut away on a
// terminal. A run that was stopped by a signal has not failed.

import type { Event } from '../events/event.js'
import { beside, unsaidMessage } from '../events/failure-words.js'
import { formatDuration } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'
import { isStopped, unsaidHint } from '../events/words.js'
import { cut } from './terminal/cells.js'

type StageFailed = Extract<Event, { type: 'stage-failed' }>
type RunFailed = Extract<Event, { type: 'run-failed' }>

/** What is known beside the end of a run. */
interface Beside {
  /** The failure of the stage that it failed with, which has been told. */
  readonly told?: StageFailed | undefined
  /** What went on when it ended. */
  readonly atWork?: readonly string[]
}

/** Lines of its log that are shown for a failed stage. */
const TAIL_LINES = 40
/** A line of a log can be megabytes long (a minified source, a broken progress bar); the log itself has all of it. */
const TAIL_CELLS = 1000

/**
 * The block of a failed stage or a failed run: printable lines, an empty one before and after.
 *
 * @param beside what else is known when a run has failed
 */
export function failureLines(event: StageFailed | RunFailed, beside: Beside = {}): string[] {
  const lines = event.type === 'stage-failed' ? stageFailed(event) : runFailed(event, beside)
  return ['', ...lines.map(plainText), '']
}

function stageFailed(event: StageFailed): string[] {
  // Portage's reason stands in the tail too, among its display and its advice.
  const rest = beside({ ...event, tail: event.tail.slice(-TAIL_LINES) })
  // Without a log, what there is to say is said by the run's own block.
  const hasReason = event.log !== undefined
  const causes = event.causes ?? []
  return [
    `==== ${event.stage} failed after ${formatDuration(event.durationMs)} ====`,
    `step:     ${event.step}`,
    ...(event.package === undefined ? [] : [`package:  ${event.package}`]),
    ...(event.log === undefined ? [] : [`log:      ${event.log}`]),
    ...(causes.length === 0 ? [] : ['why, by the line of the log:', ...causeLines(causes)]),
    ...collisionLines(event),
    ...(hasReason && rest.length > 0 ? [headOf(event, rest.length)] : []),
    ...(hasReason ? rest.map((line) => cut(`  | ${plainText(line)}`, TAIL_CELLS)) : []),
    ...(event.enter === undefined ? [] : ['to look into the failed root:', `  ${event.enter}`]),
  ]
}

type Causes = NonNullable<StageFailed['causes']>

function causeLines(causes: Causes): string[] {
  const width = Math.max(...causes.map(({ line }) => String(line).length))
  return causes.map(({ line, text }) =>
    cut(`  ${String(line).padStart(width)} | ${plainText(text)}`, TAIL_CELLS),
  )
}

function headOf({ problem, causes = [] }: StageFailed, count: number): string {
  if (problem === undefined) return `the last ${count === 1 ? 'line' : `${count} lines`} of the log:`
  return causes.length === 0 ? 'why:' : 'what was said last:'
}

/** More files than these are in the log. */
const MOST_COLLISIONS = 20

/** The files that a package would overwrite. */
function collisionLines({ collisions = [] }: StageFailed): string[] {
  if (collisions.length === 0) return []
  const more = collisions.length - MOST_COLLISIONS
  return [
    'it would overwrite:',
    ...collisions
      .slice(0, MOST_COLLISIONS)
      .map(({ path, owner }) => cut(`  ${path} (${owner ?? 'of no package'})`, TAIL_CELLS)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

function runFailed(event: RunFailed, { told, atWork = [] }: Beside): string[] {
  const hint = unsaidHint(event.hint, told)
  const words = unsaidMessage(event.message, told)
  const time = formatDuration(event.durationMs)
  return [
    ...(isStopped(event)
      ? [
          `==== stopped by ${event.code} after ${time} ====`,
          ...(atWork.length === 0 ? [] : ['it was at:', ...atWork.map((each) => `  ${each}`)]),
        ]
      : [`==== failed after ${time} ====`, ...`${event.code}: ${words.join('\n')}`.split('\n')]),
    ...(hint === '' ? [] : `hint: ${hint}`.trimEnd().split('\n')),
    ...(event.version === undefined ? [] : [`version:  ${event.version}`]),
    ...(event.resume === undefined ? [] : ['to go on with it:', `  ${event.resume}`]),
    ...(event.look === undefined
      ? []
      : ['to read its log, or to pack all logs for a report:', ...event.look.map((each) => `  ${each}`)]),
    `(exit code ${event.exitCode})`,
  ]
}
