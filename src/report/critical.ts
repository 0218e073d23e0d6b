// The chain of packages that a run had to wait for, and how long it would take if nothing ever waited for a core. Pure.

import type { PackageRow } from './rows.js'
import type { Run } from './runs.js'

/** What a run had to wait for. */
export interface CriticalPath {
  readonly rows: readonly PackageRow[]
  /**
   * How long the run would take with endless cores, each package taking as long as it did, and what is of `unknown` as it was;
   * undefined where nothing is known.
   */
  readonly endlessMs: number | undefined
  /** Stages of which dependencies do not say what waited for what: there it is the order in which things happened. */
  readonly unknown: readonly string[]
}

/**
 * The chain through each part of each stage. Stages come one after the other, and so do the parts of a stage's script: what lies
 * between packages stays as it is, the archive of a stage beside the next one, too.
 */
export function criticalPath(run: Run, rows: readonly PackageRow[]): CriticalPath {
  const groups = groupsOf(run, rows).map((group) => {
    const isKnown = group.some(({ facts }) => facts?.needs !== undefined)
    return { group, isKnown, chain: isKnown ? longestChain(group) : observedChain(group) }
  })
  const known = groups.filter(({ isKnown }) => isKnown)
  const gains = new Map<string, number>()
  for (const { group, chain } of known) {
    const stage = group[0]?.stage ?? ''
    const spanMs =
      Math.max(...group.map(({ endMs }) => endMs)) - Math.min(...group.map(({ startMs }) => startMs))
    gains.set(stage, (gains.get(stage) ?? 0) + Math.max(0, spanMs - total(chain)))
  }
  const gainMs = [...gains].reduce((sum, [stage, ms]) => sum + Math.min(ms, mostGain(run, stage)), 0)
  const unknown = groups.filter(({ isKnown }) => !isKnown).flatMap(({ group }) => group[0]?.stage ?? [])
  return {
    rows: groups.flatMap(({ chain }) => chain),
    endlessMs: known.length > 0 ? Math.max(0, run.lengthMs - gainMs) : undefined,
    unknown: [...new Set(unknown)],
  }
}

/**
 * How much sooner the script of `stage` could have ended to any use: where the stage before was archived beside it, it waits for
 * that. Milliseconds.
 */
function mostGain({ events, steps }: Run, stage: string): number {
  const own = events.findIndex((event) => event.type === 'stage-started' && event.stage === stage)
  const end = events.findIndex((event) => event.type === 'stage-finished' && event.stage === stage)
  const archived = events
    .slice(Math.max(0, own), end < 0 ? undefined : end)
    .find((event) => event.type === 'stage-finished' && event.stage !== stage)
  const script = steps.findLast((step) => step.stage === stage && step.name === 'run')
  if (own < 0 || archived === undefined || script === undefined) return Number.POSITIVE_INFINITY
  return Math.max(0, script.endMs - archived.elapsedMs)
}

const begin = ({ pieces, startMs }: PackageRow): number => pieces[0]?.startMs ?? startMs

const total = (rows: readonly PackageRow[]): number => rows.reduce((sum, { workMs }) => sum + workMs, 0)

/** Packages by stage and part of its script, in the order of time. */
function groupsOf({ events }: Run, rows: readonly PackageRow[]): PackageRow[][] {
  const parts = events.filter((event) => event.type === 'phase-started')
  const groups = new Map<string, PackageRow[]>()
  for (const row of [...rows].sort((a, b) => a.startMs - b.startMs)) {
    const part = parts.findLastIndex(
      ({ stage, elapsedMs }) => stage === row.stage && elapsedMs <= row.startMs,
    )
    const key = `${row.stage} ${part}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()]
}

/** The chain that takes longest, of packages each of which needs the one before it. What began before its need had ended did not need it. */
function longestChain(group: readonly PackageRow[]): PackageRow[] {
  const best = new Map<string, { readonly ms: number; readonly chain: PackageRow[] }>()
  let longest: { readonly ms: number; readonly chain: PackageRow[] } = { ms: 0, chain: [] }
  for (const row of [...group].sort((a, b) => a.endMs - b.endMs)) {
    const before = (row.facts?.needs ?? [])
      .flatMap((name) => (name === row.name ? [] : (best.get(name) ?? [])))
      .filter(({ chain }) => (chain.at(-1)?.endMs ?? 0) <= begin(row))
      .reduce((a, b) => (b.ms > a.ms ? b : a), { ms: 0, chain: [] as PackageRow[] })
    const own = { ms: before.ms + row.workMs, chain: [...before.chain, row] }
    best.set(row.name, own)
    if (own.ms > longest.ms) longest = own
  }
  return longest.chain
}

/** From the last package back, each time the one that had ended last before it began. */
function observedChain(group: readonly PackageRow[]): PackageRow[] {
  const byEnd = [...group].sort((a, b) => b.endMs - a.endMs)
  const chain: PackageRow[] = []
  let from = Number.POSITIVE_INFINITY
  for (const row of byEnd) {
    if (row.endMs > from) continue
    chain.unshift(row)
    from = begin(row)
  }
  return chain
}
