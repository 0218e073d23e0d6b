// What the packages and the stages of a run have used: phases, processor time, memory, disk. Of a journal that does not tell it,
// nothing. Pure.

import type { Event } from '../events/event.js'
import type { PackageSpan, Run } from './runs.js'

/** A phase of a package. Milliseconds since the start of the run. */
export interface PhaseSpan {
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

/** The phase in which a package does nothing but wait for its turn (docs/events.md, `package-phase`). */
export const WAIT = 'wait'

/** What the machine gave at one moment. */
export interface Sample {
  /** Milliseconds since the start of the run. */
  readonly atMs: number
  /** The time before it that it is about. */
  readonly periodMs: number
  /** Processor time used in it. */
  readonly cpuMs: number
  /** Bytes. */
  readonly memory: number
  /** Bytes that the disk has left. */
  readonly diskFree: number
  readonly stage: string
}

/** The phases of each package of `run`, of those of which they are told, one after the other from its start to its end. */
export function packagePhases(run: Run): Map<PackageSpan, PhaseSpan[]> {
  const told = new Map<string, Extract<Event, { type: 'package-phase' }>[]>()
  for (const event of run.events)
    if (event.type === 'package-phase') {
      const key = `${event.stage} ${event.package}`
      told.set(key, [...(told.get(key) ?? []), event])
    }
  const found = new Map<PackageSpan, PhaseSpan[]>()
  for (const each of run.packages) {
    const own = (told.get(`${each.stage} ${each.name}`) ?? []).filter(
      ({ elapsedMs }) => each.startMs <= elapsedMs && elapsedMs <= each.endMs,
    )
    if (own.length === 0) continue
    const begins = [
      { name: 'setup', startMs: each.startMs },
      ...own.map(({ phase, elapsedMs }) => ({ name: phase, startMs: elapsedMs })),
    ]
    found.set(
      each,
      begins
        .map((phase, index) => ({ ...phase, endMs: begins[index + 1]?.startMs ?? each.endMs }))
        .filter(({ startMs, endMs }) => endMs > startMs),
    )
  }
  return found
}

/** The samples of `run`, in their order. */
export const samplesOf = ({ events }: Run): Sample[] =>
  events.flatMap((event): Sample[] => {
    if (event.type !== 'resources-measured') return []
    const { elapsedMs: atMs, stage, periodMs, cpuMs, memoryBytes: memory, freeBytes: diskFree } = event
    return [{ atMs, stage, periodMs, cpuMs, memory, diskFree }]
  })

/** A part of what the sandbox used, as far as it can be told whose it was. */
export interface Share {
  readonly cpuMs: number
  /** Most bytes at once. */
  readonly memory: number
  /** Others were at work at the same time: they are taken to have used as much each. */
  readonly isGuess: boolean
}

/** What is at work, and when. */
export interface AtWork {
  readonly stage: string
  readonly pieces: readonly { readonly startMs: number; readonly endMs: number }[]
}

/** What each of `all` has used, by the samples of their stages; without one that falls into its work nothing is known. */
export function shares<T extends AtWork>(samples: readonly Sample[], all: readonly T[]): Map<T, Share> {
  const found = new Map<T, Share>()
  for (const { atMs, periodMs, cpuMs, memory, stage } of samples) {
    const during = all
      .filter((each) => each.stage === stage)
      .map((each) => ({ each, ms: overlap(each, atMs - periodMs, atMs) }))
      .filter(({ ms }) => ms > 0)
    const wholeMs = during.reduce((sum, { ms }) => sum + ms, 0)
    for (const { each, ms } of during) {
      const had = found.get(each) ?? { cpuMs: 0, memory: 0, isGuess: false }
      found.set(each, {
        cpuMs: had.cpuMs + (cpuMs * ms) / wholeMs,
        memory: Math.max(had.memory, memory / during.length),
        isGuess: had.isGuess || during.length > 1,
      })
    }
  }
  return found
}

const overlap = ({ pieces }: AtWork, fromMs: number, toMs: number): number =>
  pieces.reduce(
    (sum, { startMs, endMs }) => sum + Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs)),
    0,
  )
