// Keeps the report of a version up to date: made anew from its journal at the start and the end of a run and of its stages, and,
// while it runs, from time to time.

import fs from 'node:fs'
import path from 'node:path'
import type { Event, Listener } from '../events/event.js'
import { isFleeting, lastEvents, readJournal } from '../events/journal.js'
import type { Assets } from './assets.js'
import { NO_FACTS, type PageFacts } from './facts.js'
import { reportPage } from './page.js'
import { isQuiet } from './runs.js'

/** What changes more than the events say: records and archives are there from now on. */
const TOLD: ReadonlySet<Event['type']> = new Set([
  'stage-finished',
  'stage-failed',
  'run-finished',
  'run-failed',
])

/** Milliseconds from the start of a run to its first page. */
const FIRST_MS = 1000

/** Milliseconds between two pages at least; and how many times as long as making one takes. */
const PAUSE_MS = 5000
const PAUSE_FACTOR = 200

/** Where the report comes from and goes to. */
export interface ReportPlace {
  /** The journal, which has each event before this listener hears of it. */
  readonly journal: string
  readonly report: string
  readonly assets: () => Assets
  /** Asked when records have changed; what it throws counts as nothing known. */
  readonly facts: () => Promise<PageFacts>
  /** They are of files that this very run writes: no page of an earlier one leads there. */
  readonly hasOwnFiles?: boolean
}

/** A listener that writes pages beside the events. */
export interface ReportKeeper extends Listener {
  /** Waits until all that is known is on the page: to be called before `close`, which waits for nothing. */
  settled(): Promise<void>
}

/**
 * A listener that keeps the report of all runs in a journal. A killed run leaves a page that is some seconds old. What cannot be
 * written is told to `warn`, once: a build does not fail for its page. Only who holds the version's lock may let it hear anything.
 * Making the page takes at most one part in {@link PAUSE_FACTOR} of the time, and its size has bounds. A run that has nothing to do
 * leaves the page of the run before it, if that has the end of it, and this one writes no files that a page leads to.
 */
export function keepReport(place: ReportPlace, warn: (message: string) => void): ReportKeeper {
  const { journal } = place
  const state = { isTold: false, isDue: false, nextMs: 0, known: NO_FACTS }
  let isCurrent: boolean | undefined
  let timer: NodeJS.Timeout | undefined
  let asked: Promise<void> = Promise.resolve()
  const make = (): void => {
    clearTimeout(timer)
    timer = undefined
    state.isDue = false
    const begin = performance.now()
    try {
      write(
        place.report,
        reportPage({ events: readJournal(journal), assets: place.assets(), facts: state.known }),
      )
    } catch (error) {
      if (!state.isTold)
        warn(`the report is not up to date: ${(error as Error).message}${remedy(error, journal)}`)
      state.isTold = true
    }
    const end = performance.now()
    state.nextMs = end + Math.max(PAUSE_MS, (end - begin) * PAUSE_FACTOR)
  }
  const ask = async (): Promise<void> => {
    state.known = await place.facts().catch(() => state.known)
    make()
  }
  const askNext = (): void => {
    asked = asked.then(ask)
  }
  return {
    on(event) {
      if (isFleeting(event)) return
      isCurrent ??= place.hasOwnFiles !== true && hasTheEnd(place)
      isCurrent &&= isQuiet(event)
      if (isCurrent) {
        if (event.type === 'run-finished') touch(place.report)
        return
      }
      state.isDue = true
      if (TOLD.has(event.type)) askNext()
      else if (state.nextMs === 0) timer ??= setTimeout(askNext, FIRST_MS).unref()
      else timer ??= setTimeout(make, Math.max(0, state.nextMs - performance.now())).unref()
    },
    settled: () => asked,
    close() {
      if (state.isDue) make()
    },
  }
}

/** Whether the page was made after all that is in the journal but the start of this run, and that is the end of a run. */
function hasTheEnd({ journal, report }: ReportPlace): boolean {
  const last = lastEvents(journal, 2).at(-2)
  if (last?.type !== 'run-finished' && last?.type !== 'run-failed') return false
  try {
    // Milliseconds go to the disk as a fraction of a second, and may come back a little less than they were.
    return Date.parse(last.time) <= Math.ceil(fs.statSync(report).mtimeMs)
  } catch {
    return false
  }
}

/** The next run asks when the page was made, by the clock of the events: the kernel's own is some milliseconds late. */
function touch(report: string): void {
  try {
    fs.utimesSync(report, new Date(), new Date())
  } catch {
    // Then the next run makes it anew.
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
    touch(partial)
    fs.renameSync(partial, file)
  } finally {
    fs.rmSync(partial, { force: true })
  }
}
