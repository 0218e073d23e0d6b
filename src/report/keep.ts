// Keeps the report of a version up to date: written anew at the start and the end of a run, and whenever a stage ends.

import fs from 'node:fs'
import type { Event, Listener } from '../events/event.js'
import { reportPage } from './page.js'

const TOLD: ReadonlySet<Event['type']> = new Set([
  'run-started',
  'stage-finished',
  'stage-failed',
  'run-finished',
  'run-failed',
])

/**
 * A listener that keeps `file` the report of all runs: those of `earlier`, events of the journal, and the one it
 * listens to. The folder has to be there. A killed run leaves the report of its last stage.
 *
 * @returns a listener whose `on` throws what the disk says
 */
export function keepReport(file: string, earlier: readonly Event[]): Listener {
  const events = [...earlier]
  return {
    on(event) {
      if (event.type === 'output' || event.type === 'download-progress') return
      events.push(event)
      if (!TOLD.has(event.type)) return
      // One run of a version at a time: nobody else writes this name.
      fs.writeFileSync(`${file}.partial`, reportPage(events))
      fs.renameSync(`${file}.partial`, file)
    },
    close() {},
  }
}
