// How the packages and stages of a run differ from those of an earlier version: in time, and in what there is. Pure.

import type { Event } from '../events/event.js'
import { type Earlier, NO_FACTS, type PageFacts } from './facts.js'
import { nameKey, type PackageRow, packageRows } from './rows.js'
import { runsOf } from './runs.js'

/** One of two sides is undefined where there is no such thing. Milliseconds. */
export interface RunDifference {
  readonly stage: string
  /** Of the later side if it has it: with its version. Empty for a stage as a whole. */
  readonly package: string
  readonly before: number | undefined
  readonly after: number | undefined
  /** The other version of a package that has changed; undefined if it has not. */
  readonly was?: string | undefined
}

/** What the runs in `events`, all of one version, took: of each package and stage what was said of it last. */
export function earlierOf(events: readonly Event[]): Earlier {
  const packages = new Map<string, { name: string; workMs: number }>()
  const stages = new Map<string, number>()
  for (const run of runsOf(events))
    for (const row of packageRows(run, NO_FACTS))
      if (row.outcome === 'done') packages.set(nameKey(row), { name: row.name, workMs: row.workMs })
  for (const event of events)
    if (event.type === 'stage-finished') stages.set(event.stage, event.durationMs - (event.besideMs ?? 0))
  const version = events.findLast((event) => event.type === 'run-started')?.version ?? ''
  return { version, packages, stages }
}

/** All that is in either, stages first, what differs most in time first. */
export function differences(before: Earlier, after: Earlier): RunDifference[] {
  const stages = keysOf(before.stages, after.stages).map(
    (stage): RunDifference => ({
      ...{ stage, package: '', before: before.stages.get(stage), after: after.stages.get(stage) },
    }),
  )
  const packages = keysOf(before.packages, after.packages).map((key): RunDifference => {
    const [was, is] = [before.packages.get(key), after.packages.get(key)]
    const stage = key.slice(0, key.indexOf(' '))
    const name = is?.name ?? was?.name ?? ''
    const changed = was !== undefined && is !== undefined && was.name !== is.name ? was.name : undefined
    return { stage, package: name, before: was?.workMs, after: is?.workMs, was: changed }
  })
  return [...stages, ...packages.sort((a, b) => weight(b) - weight(a))]
}

const keysOf = (...maps: readonly ReadonlyMap<string, unknown>[]): string[] => [
  ...new Set(maps.flatMap((each) => [...each.keys()])),
]

const weight = ({ before = 0, after = 0 }: RunDifference): number => Math.abs(after - before)

/** As {@link earlierOf}, of the rows of one run: what it has built, beside the same of an earlier version. */
export function sinceBefore(rows: readonly PackageRow[], { before }: PageFacts): RunDifference[] {
  if (before === undefined) return []
  const after: Earlier = {
    version: '',
    packages: new Map(
      rows
        .filter(({ outcome }) => outcome === 'done')
        .map((row) => [nameKey(row), { name: row.name, workMs: row.workMs }]),
    ),
    stages: new Map(),
  }
  const stages = new Set(rows.map(({ stage }) => stage))
  return differences({ ...before, stages: new Map() }, after).filter((each) => stages.has(each.stage))
}
