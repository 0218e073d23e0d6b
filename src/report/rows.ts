// The packages of a run as the page lists them: what they took, told apart from what they waited, with all that is known else. Pure.

import type { EarlierPackage, LogLink, PageFacts, ShownPackage } from './facts.js'
import type { PackageSpan, Run } from './runs.js'
import { type PhaseSpan, packagePhases, type Share, samplesOf, shares, WAIT } from './use.js'

/** A package of a run. Milliseconds; times since the start of its run. */
export interface PackageRow extends PackageSpan {
  /** Unique on the page. */
  readonly id: string
  /** When it was at work, as far as that is known. */
  readonly pieces: readonly { readonly startMs: number; readonly endMs: number }[]
  readonly workMs: number
  readonly waitMs: number
  /** Work and wait are concluded from the order of merges: nothing told them apart. */
  readonly isGuess: boolean
  /** One after the other; none where they are not known. */
  readonly phases: readonly PhaseSpan[]
  readonly used: Share | undefined
  readonly facts: ShownPackage | undefined
  readonly log: LogLink | undefined
  readonly before: EarlierPackage | undefined
}

/** `stage2 sys-devel/gcc`, of any version: what is compared with earlier builds. */
export const nameKey = ({ stage, name }: Pick<PackageSpan, 'stage' | 'name'>): string =>
  `${stage} ${name.replace(/-\d[^-]*(?:-r\d+)?$/, '')}`

/** The packages of `run`, in the order in which they began; `number`: which run of the version it is. */
export function packageRows(run: Run, facts: PageFacts, number = 1): PackageRow[] {
  const known = new Map(
    facts.stages.flatMap(({ stage, packages }) => packages.map((each) => [`${stage} ${each.name}`, each])),
  )
  const logs = new Map(facts.logs.map((each) => [`${each.stage} ${each.package ?? ''}`, each]))
  const work = workOf(run)
  const used = shares(samplesOf(run), work)
  return work
    .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
    .map((each, index): PackageRow => {
      const key = `${each.stage} ${each.name}`
      return {
        ...each,
        used: used.get(each),
        id: `p${number}-${index + 1}`,
        facts: known.get(key),
        log: logs.get(key),
        before: facts.before?.packages.get(nameKey(each)),
      }
    })
}

type Work = Omit<PackageRow, 'id' | 'used' | 'facts' | 'log' | 'before'>

/**
 * Where the journal has no phases: Portage merges one package at a time (`_emerge/Scheduler.py`: the queue `merge` has one job),
 * so what comes from a binary package has its turn when the one before it is done. A build is taken to be work from its start.
 */
function workOf(run: Run): Work[] {
  const told = packagePhases(run)
  const turns = new Map<string, number>()
  return [...run.packages]
    .sort((a, b) => a.endMs - b.endMs)
    .map((each): Work => {
      const phases = told.get(each) ?? []
      const free = turns.get(each.stage) ?? 0
      turns.set(each.stage, each.endMs)
      const fromMs = each.binary ? Math.min(each.endMs, Math.max(each.startMs, free)) : each.startMs
      const pieces = phases.length > 0 ? withoutWaits(phases) : [{ startMs: fromMs, endMs: each.endMs }]
      const workMs = pieces.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)
      const waitMs = each.endMs - each.startMs - workMs
      return { ...each, phases, pieces, isGuess: phases.length === 0, workMs, waitMs }
    })
}

/** Phases that follow each other without a wait are one piece. */
function withoutWaits(phases: readonly PhaseSpan[]): PackageRow['pieces'] {
  const pieces: { startMs: number; endMs: number }[] = []
  for (const { name, startMs, endMs } of phases) {
    const last = pieces.at(-1)
    if (name === WAIT) continue
    if (last?.endMs === startMs) last.endMs = endMs
    else pieces.push({ startMs, endMs })
  }
  return pieces
}

/** How many of `rows` were at work from each moment on at which that changed. */
export function workOverTime(
  rows: readonly PackageRow[],
): { readonly atMs: number; readonly count: number }[] {
  const changes = rows
    .flatMap(({ pieces }) => pieces)
    .filter(({ startMs, endMs }) => endMs > startMs)
    .flatMap(({ startMs, endMs }) => [[startMs, 1] as const, [endMs, -1] as const])
    .sort(([a, x], [b, y]) => a - b || x - y)
  let count = 0
  return changes.map(([atMs, change]) => {
    count += change
    return { atMs, count }
  })
}

/** Most of `rows` that were at work at the same time. */
export const mostAtOnce = (rows: readonly PackageRow[]): number =>
  workOverTime(rows).reduce((most, { count }) => Math.max(most, count), 0)
