// Progress for programs: every event as one line of JSON (NDJSON), exactly as it is in docs/events.md.

import type { Listener } from '../events/event.js'
import type { Sink } from './sink.js'

/** The NDJSON renderer; `verbose` adds the `output` events. */
export function createJson(sink: Sink, verbose: boolean): Listener {
  return {
    on(event) {
      if (verbose || event.type !== 'output') sink.write(`${JSON.stringify(event)}\n`)
    },
    close() {},
  }
}
