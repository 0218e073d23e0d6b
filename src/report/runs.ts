// The runs of a version, each with what it did and when: the events of a journal, folded. Pure.

import type { Event } from '../events/event.js'
import { isStopped } from '../events/words.js'

/** Something that took time. Milliseconds since the start of its run. */
export interface Span {
  readonly name: string
  readonly stage: string
  readonly startMs: number
  readonly endMs: number
  /** `open`: the run ended before it did. */
  readonly outcome: 'done' | 'failed' | 'open'
}

/** A package that was merged, or begun. */
export interface PackageSpan extends Span {
  /** It came from a binary package. */
  readonly binary: boolean
}

/** One run of the command, from `run-started` to its last event. */
export interface Run {
  readonly events: readonly Event[]
  readonly steps: readonly Span[]
  readonly packages: readonly PackageSpan[]
  readonly lengthMs: number
}

/** What a run says that has nothing to do. */
const QUIET: ReadonlySet<Event['type']> = new Set(['run-started', 'stage-skipped', 'run-finished'])

/** Whether a run that has nothing to do says it, too. */
export const isQuiet = ({ type }: Pick<Event, 'type'>): boolean => QUIET.has(type)

/**
 * The place in `runs` of the one that a report is about: the newest. Those that came to their end with nothing to do leave it to the one
 * that had finished all of it before; -1 where there are none.
 */
export function toldRun(runs: readonly Run[]): number {
  const hasFinished = ({ events }: Run): boolean => events.at(-1)?.type === 'run-finished'
  const newest = runs.findLastIndex((run) => !hasFinished(run) || !run.events.every(isQuiet))
  const told = runs[newest]
  return told !== undefined && hasFinished(told) ? newest : runs.length - 1
}

/** The runs in `events`, a journal, oldest first. What belongs to none (older journals have such) is left out. */
export function runsOf(events: readonly Event[]): Run[] {
  const groups: Event[][] = []
  for (const event of events) {
    if (event.type === 'run-started') groups.push([])
    groups.at(-1)?.push(event)
  }
  return groups.map(runOf)
}

/** The one run that `events` are of, at least one. */
export function runOf(events: readonly Event[]): Run {
  const lengthMs = events.reduce((most, { elapsedMs }) => Math.max(most, elapsedMs), 0)
  return { events, steps: stepsOf(events, lengthMs), packages: packagesOf(events, lengthMs), lengthMs }
}

function stepsOf(events: readonly Event[], lengthMs: number): Span[] {
  const steps: Span[] = []
  const open = new Map<string, Omit<Span, 'endMs' | 'outcome'>>()
  const close = (stage: string, endMs: number, outcome: Span['outcome']): void => {
    const step = open.get(stage)
    if (step !== undefined) steps.push({ ...step, endMs, outcome })
    open.delete(stage)
  }
  for (const event of events) {
    if (event.type === 'step-started') {
      close(event.stage, event.elapsedMs, 'done')
      open.set(event.stage, { name: event.step, stage: event.stage, startMs: event.elapsedMs })
    } else if (event.type === 'step-finished') close(event.stage, event.elapsedMs, 'done')
    else if (event.type === 'stage-failed') close(event.stage, event.elapsedMs, 'failed')
    else if (event.type === 'run-failed')
      for (const stage of [...open.keys()]) close(stage, event.elapsedMs, endedWith(event, events))
  }
  for (const stage of [...open.keys()]) close(stage, lengthMs, 'open')
  return steps
}

/**
 * How what had not ended when a run failed came to its end. The seed and the fetching of sources are no stages that could fail by
 * themselves; but where one has failed, the stage beside it was ended with it.
 */
export const endedWith = (
  end: Extract<Event, { type: 'run-failed' }>,
  events: readonly Event[],
): Span['outcome'] =>
  isStopped(end) || events.some(({ type }) => type === 'stage-failed') ? 'open' : 'failed'

function packagesOf(events: readonly Event[], lengthMs: number): PackageSpan[] {
  const packages: PackageSpan[] = []
  const open = new Map<string, Omit<PackageSpan, 'endMs' | 'outcome'>>()
  const fail = ({
    package: name,
    stage,
    elapsedMs: endMs,
  }: Extract<Event, { type: 'package-failed' }>): void => {
    const begun = open.get(`${stage} ${name}`)
    open.delete(`${stage} ${name}`)
    // After it was merged: the package's own last step failed.
    const merged = packages.findLastIndex((each) => each.name === name && each.stage === stage)
    const last = packages[merged]
    if (begun !== undefined) packages.push({ ...begun, endMs, outcome: 'failed' })
    else if (last !== undefined) packages[merged] = { ...last, outcome: 'failed' }
    else packages.push({ name, stage, binary: false, startMs: endMs, endMs, outcome: 'failed' })
  }
  for (const event of events) {
    if (event.type === 'package-started') {
      const { package: name, stage, binary, elapsedMs: startMs } = event
      open.set(`${stage} ${name}`, { name, stage, binary, startMs })
    } else if (event.type === 'package-merged') {
      const { package: name, stage, binary, elapsedMs: endMs, durationMs } = event
      open.delete(`${stage} ${name}`)
      const startMs = Math.max(0, endMs - durationMs)
      packages.push({ name, stage, binary, startMs, endMs, outcome: 'done' })
    } else if (event.type === 'package-failed') fail(event)
  }
  for (const begun of open.values()) packages.push({ ...begun, endMs: lengthMs, outcome: 'open' })
  return packages
}

/** Rows in which no two of `spans` overlap, as few as possible: how many packages were built at once. */
export function lanes<T extends Span>(spans: readonly T[]): T[][] {
  const rows: T[][] = []
  for (const span of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    const row = rows.find((each) => (each.at(-1)?.endMs ?? 0) <= span.startMs)
    if (row === undefined) rows.push([span])
    else row.push(span)
  }
  return rows
}
