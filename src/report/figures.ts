// The report of a version for programs and for a terminal: the figures of its newest run with something to do, and every package. Pure.

import type { Event } from '../events/event.js'
import { type CriticalPath, criticalPath } from './critical.js'
import type { PageFacts } from './facts.js'
import { mostAtOnce, type PackageRow, packageRows } from './rows.js'
import { type Run, runsOf, toldRun } from './runs.js'

/** A run of a version. Milliseconds. */
export interface Figures {
  readonly run: Run
  readonly rows: readonly PackageRow[]
  readonly path: CriticalPath
  readonly workMs: number
  readonly waitMs: number
  readonly atOnce: number
}

/** The figures of the newest run that had something to do; undefined when there was none. */
export function figuresOf(events: readonly Event[], facts: PageFacts): Figures | undefined {
  const runs = runsOf(events)
  const told = toldRun(runs)
  const run = runs[told]
  if (run === undefined) return undefined
  const rows = packageRows(run, facts, told + 1)
  const sum = (of: (row: PackageRow) => number): number => rows.reduce((all, row) => all + of(row), 0)
  return {
    ...{ run, rows, path: criticalPath(run, rows), atOnce: mostAtOnce(rows) },
    ...{ workMs: sum(({ workMs }) => workMs), waitMs: sum(({ waitMs }) => waitMs) },
  }
}
