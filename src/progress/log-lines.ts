// The log of a run as lines of text, with their time in front. Plain and terminal differ only in how they show them.

import type { Event } from '../events/event.js'
import { formatStamp } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'
import { isLogged, words } from '../events/words.js'
import { failureLines } from './failure.js'

/** The time and the words of an event; the further lines of a long message are indented below the first. */
function logLines(event: Event): string[] {
  const stamp = formatStamp(event.elapsedMs)
  const [first = '', ...rest] = printableLines(words(event))
  return [`${stamp}${first}`, ...rest.map((line) => `${' '.repeat(stamp.length)}${line}`)]
}

/** Each line of `text`, safe to show. */
function printableLines(text: string): string[] {
  return text.trimEnd().split('\n').map(plainText)
}

/** The step in which nothing is merged yet. */
const PLANNING = 'enter'

/**
 * All that the log says about the events of a run, each of which it hears, one after the other: a failure is a block of its own.
 *
 * @param verbose also says each line of output
 * @param atWork what goes on: a run that is stopped says what it was at
 */
export function createReporter(
  verbose: boolean,
  atWork: () => readonly string[],
): (event: Event) => string[] {
  const isSaid = (event: Event): boolean => isLogged(event) || (verbose && event.type === 'output')
  let failed: Extract<Event, { type: 'stage-failed' }> | undefined
  const steps = new Map<string, string>()
  return (event) => {
    if (event.type === 'step-started') steps.set(event.stage, event.step)
    // What the script goes through to say what it will do is gone through once more when it does it.
    if (event.type === 'phase-started' && steps.get(event.stage) === PLANNING)
      return logLines({ ...event, phase: `planning: ${event.phase}` })
    if (!isSaid(event)) return []
    if (event.type === 'run-failed') return failureLines(event, { told: failed, atWork: atWork() })
    if (event.type !== 'stage-failed') return logLines(event)
    failed = event
    return failureLines(event)
  }
}
