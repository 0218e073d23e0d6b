// Progress for programs: every event as one line of JSON (NDJSON), exactly as it is in docs/events.md.

import type { Listener } from '../events/event.js'
import { jsonObeyedByNobody } from './ci/obeyed.js'
import type { Sink } from './sink.js'

/** The NDJSON renderer; `verbose` adds the events of output. */
export function createJson(sink: Sink, verbose: boolean): Listener {
  return {
    on(event) {
      if (verbose || (event.type !== 'output' && event.type !== 'package-output'))
        sink.write(`${jsonObeyedByNobody(JSON.stringify(event))}\n`)
    },
    close() {},
  }
}
