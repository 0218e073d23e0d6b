// Keeps the report of a version up to date: made anew from its journal at the start and the end of a run, and whenever a stage ends.

import fs from 'node:fs'
import path from 'node:path'
import type { Event, Listener } from '../events/event.js'
import { readJournal } from '../events/journal.js'
import { reportPage } from './page.js'

const TOLD: ReadonlySet<Event['type']> = new Set([
  'run-started',
  'stage-finished',
  'stage-failed',
  'run-finished',
  'run-failed',
])

/** Where the report comes from and goes to. */
export interface ReportPlace {
  /** The journal, which has each event before this listener hears of it. */
  readonly journal: string
  readonly report: string
}

/**
 * A listener that keeps the report of all runs in a journal. A killed run leaves that of its last stage. What cannot be
 * written is told to `warn`, once: a build does not fail for its page. Only who holds the version's lock may let it hear anything.
 */
export function keepReport({ journal, report }: ReportPlace, warn: (message: string) => void): Listener {
  let isTold = false
  return {
    on(event) {
      if (!TOLD.has(event.type)) return
      try {
        write(report, reportPage(readJournal(journal)))
      } catch (error) {
        if (!isTold)
          warn(`the report is not up to date: ${(error as Error).message}${remedy(error, journal)}`)
        isTold = true
      }
    },
    close() {},
  }
}

const remedy = (error: unknown, journal: string): string =>
  (error as { code?: unknown }).code === 'SDK_VERIFY' ? `; move ${journal} away to begin a new one` : ''

/** A reader sees the old page or the new one. It need not survive a power cut: the journal does. */
function write(file: string, page: string): void {
  const partial = `${file}.partial`
  fs.mkdirSync(path.dirname(file), { recursive: true })
  try {
    fs.writeFileSync(partial, page)
    fs.renameSync(partial, file)
  } finally {
    fs.rmSync(partial, { force: true })
  }
}
