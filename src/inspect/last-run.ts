// How the newest run of a version ended, as its journal tells.

import type { Event } from '../events/event.js'
import { readJournal } from '../events/journal.js'

/** The newest run of a version. Times are ISO 8601 in UTC. */
export interface LastRun {
  readonly started: string
  /** `open`: neither finished nor failed; it runs, or was killed. */
  readonly outcome: 'finished' | 'failed' | 'open'
  readonly ended?: string
  readonly code?: string
  readonly message?: string
}

/** The newest run in the journal `file`; undefined when there is none, or it cannot be read. */
export function lastRun(file: string): LastRun | undefined {
  try {
    return lastRunOf(readJournal(file))
  } catch {
    // No journal, or one of another schema: only an explanation is missing.
    return undefined
  }
}

/** The newest run among `events`, which are in their order; pure. */
export function lastRunOf(events: readonly Event[]): LastRun | undefined {
  const begin = events.findLastIndex((event) => event.type === 'run-started')
  const started = events[begin]?.time
  if (started === undefined) return undefined
  const end = events
    .slice(begin)
    .find((event) => event.type === 'run-finished' || event.type === 'run-failed')
  if (end === undefined) return { started, outcome: 'open' }
  if (end.type !== 'run-failed') return { started, outcome: 'finished', ended: end.time }
  return { started, outcome: 'failed', ended: end.time, code: end.code, message: end.message }
}
