// How the newest run of a version ended, as its journal tells.

import * as v from 'valibot'
import type { Event } from '../events/event.js'
import { journalEvents } from '../events/journal.js'
import { isStopped } from '../events/words.js'

/** The newest run of a version, as it is told. Times are ISO 8601 in UTC. */
export const LAST_RUN = v.object({
  started: v.string(),
  /** `stopped`: by a signal; `open`: none of the others, it runs or was killed. */
  outcome: v.picklist(['finished', 'failed', 'stopped', 'open']),
  ended: v.exactOptional(v.string()),
  code: v.exactOptional(v.string()),
  message: v.exactOptional(v.string()),
})

/** The newest run of a version. */
export type LastRun = Readonly<v.InferOutput<typeof LAST_RUN>>

/** The newest run in the journal `file`; undefined when there is none, or it cannot be read. */
export function lastRun(file: string): LastRun | undefined {
  try {
    return lastRunOf(journalEvents(file))
  } catch {
    // No journal, or one of another schema: only an explanation is missing.
    return undefined
  }
}

/** The newest run among `events`, which are in their order; pure. */
export function lastRunOf(events: Iterable<Event>): LastRun | undefined {
  let run: LastRun | undefined
  for (const event of events) {
    if (event.type === 'run-started') run = { started: event.time, outcome: 'open' }
    // The first end counts: what comes after it is the end of a run that another one had locked out.
    else if (run?.outcome !== 'open') continue
    else if (event.type === 'run-finished') run = { ...run, outcome: 'finished', ended: event.time }
    else if (event.type === 'run-failed')
      run = {
        ...run,
        outcome: isStopped(event) ? 'stopped' : 'failed',
        ended: event.time,
        code: event.code,
        message: event.message,
      }
  }
  return run
}
