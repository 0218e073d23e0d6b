// The log of a run as lines of text, with their time in front. Plain and terminal differ only in how they show them.

import type { Event } from '../events/event.js'
import { formatStamp } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'
import { words } from '../events/words.js'
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

/** All that the log says about the events of a run, one after the other: a failure is a block of its own. */
export function createReporter(): (event: Event) => string[] {
  let failed: Extract<Event, { type: 'stage-failed' }> | undefined
  return (event) => {
    if (event.type === 'run-failed') return failureLines(event, failed)
    if (event.type !== 'stage-failed') return logLines(event)
    failed = event
    return failureLines(event)
  }
}
