// The runs of a version as a trace: spans in spans, each with an id that follows from what it is. Pure.

import { createHash } from 'node:crypto'
import type { Event } from '../../events/event.js'
import { causeLines, failedAt, isStopped } from '../../events/words.js'
import { endedWith, type Run, runOf, runsOf, type Span } from '../runs.js'

/** What a span is of. */
export type SpanKind = 'run' | 'stage' | 'step' | 'phase' | 'package' | 'transfer'

/** A thing of its own that is known of a span. */
export type Attributes = Readonly<Record<string, string | number | boolean>>

/** A part of a trace. */
export interface TraceSpan {
  /** 16 hexadecimal digits. */
  readonly id: string
  /** That of the span around it; none for a run. */
  readonly parent: string | undefined
  readonly kind: SpanKind
  readonly name: string
  /** Whole milliseconds since 1970, by the wall clock at the start of its run and the monotonic clock from there. */
  readonly startMs: number
  readonly endMs: number
  readonly outcome: Span['outcome']
  /** Why it failed. */
  readonly message?: string | undefined
  readonly attributes: Attributes
  /** What happened within it at one moment. */
  readonly moments: readonly {
    readonly atMs: number
    readonly name: string
    readonly attributes: Attributes
  }[]
}

/** All runs of a version. */
export interface Trace {
  /** 32 hexadecimal digits: the same for all runs of a version, so that one that was gone on with is one trace. */
  readonly id: string
  readonly sdk: string
  readonly version: string
  /** By run; within it those around come before those within. */
  readonly runs: readonly (readonly TraceSpan[])[]
}

/** The trace of `events`, those of one or more runs of a version; of a run that could not begin it is one span. */
export function traceOf(events: readonly Event[]): Trace {
  const started = events.find((event) => event.type === 'run-started')
  const { sdk = '', version = '' } = started ?? {}
  const runs = started === undefined ? (events.length === 0 ? [] : [runOf(events)]) : runsOf(events)
  return { id: digest(['trace', sdk, version], 32), sdk, version, runs: runs.map(spansOf) }
}

const digest = (words: readonly (string | number)[], digits: number): string =>
  createHash('sha256').update(words.join('\0')).digest('hex').slice(0, digits)

/** A span before it has its place. Milliseconds since the start of its run. */
interface Part extends Span {
  readonly kind: SpanKind
  readonly message?: string | undefined
  readonly attributes: Attributes
}

function spansOf(run: Run): TraceSpan[] {
  const [first] = run.events
  const beginMs = Date.parse(first?.time ?? '') - (first?.elapsedMs ?? 0)
  const seen = new Map<string, number>()
  const idOf = ({ kind, stage, name, startMs }: Part): string => {
    const what = [first?.time ?? '', kind, stage, name, startMs]
    const count = seen.get(what.join('\0')) ?? 0
    seen.set(what.join('\0'), count + 1)
    return digest([...what, count], 16)
  }
  const spans: (TraceSpan & { readonly part: Part })[] = []
  for (const part of partsOf(run)) {
    const around = spans.findLast((each) => isAround(each.part, part))
    spans.push({
      ...{ id: idOf(part), parent: around?.id, kind: part.kind, name: part.name, part },
      ...{ startMs: Math.round(beginMs + part.startMs), endMs: Math.round(beginMs + part.endMs) },
      ...{ outcome: part.outcome, message: part.message, attributes: part.attributes },
      moments: part.kind === 'run' ? moments(run, beginMs) : [],
    })
  }
  return spans.map(({ part, ...span }) => span)
}

/** What may have others within it, outermost first. */
const NESTING: readonly SpanKind[] = ['run', 'stage', 'step', 'phase']

const isAround = (outer: Part, inner: Part): boolean =>
  NESTING.includes(outer.kind) &&
  (NESTING.indexOf(outer.kind) < NESTING.indexOf(inner.kind) || !NESTING.includes(inner.kind)) &&
  (outer.kind === 'run' || outer.stage === inner.stage) &&
  outer.startMs <= inner.startMs &&
  inner.startMs <= outer.endMs &&
  // What begins as its neighbour ends is within the next one.
  (inner.startMs < outer.endMs || inner.endMs <= outer.endMs)

/** Everything that took time, those around before those within. */
function partsOf(run: Run): Part[] {
  const steps = run.steps.map((each): Part => ({ ...each, kind: 'step', attributes: { stage: each.stage } }))
  const failed = run.events.filter((event) => event.type === 'stage-failed')
  const packages = run.packages.map(({ binary, ...each }): Part => {
    const why = failed.find(({ stage, package: name }) => stage === each.stage && name === each.name)
    const message = each.outcome === 'failed' && why !== undefined ? failureWords(why) : undefined
    return { ...each, kind: 'package', message, attributes: { stage: each.stage, binary } }
  })
  return [
    wholeRun(run),
    ...stagesOf(run),
    ...steps,
    ...phasesOf(run, steps),
    ...packages,
    ...transfersOf(run),
  ]
}

function wholeRun({ events, lengthMs }: Run): Part {
  const end = events.findLast((event) => event.type === 'run-finished' || event.type === 'run-failed')
  const started = events.find((event) => event.type === 'run-started')
  const whole = { kind: 'run', name: 'run', stage: '', startMs: 0, endMs: lengthMs } as const
  const asked: Attributes =
    started === undefined ? {} : { stages: started.stages.join(' '), pid: started.pid }
  if (end === undefined) return { ...whole, outcome: 'open', attributes: asked }
  if (end.type === 'run-finished') return { ...whole, outcome: 'done', attributes: asked }
  const attributes = { ...asked, code: end.code, 'exit code': end.exitCode }
  return { ...whole, outcome: isStopped(end) ? 'open' : 'failed', message: end.message, attributes }
}

/** Stages that ran, and the making of the seed. One stage may be archived while the next one runs. */
function stagesOf({ events, lengthMs }: Run): Part[] {
  const stages: Part[] = []
  const open = new Map<string, Part>()
  const close = (stage: string, endMs: number, how: Pick<Part, 'outcome' | 'message'>): void => {
    const begun = open.get(stage)
    if (begun !== undefined) stages.push({ ...begun, ...how, endMs })
    open.delete(stage)
  }
  for (const event of events) {
    const { elapsedMs: atMs } = event
    if (event.type === 'stage-started' || event.type === 'seed-started') {
      const seed = event.type === 'seed-started' ? event.source : event.seed
      const stage = event.type === 'seed-started' ? 'seed' : event.stage
      const attributes = { stage, from: seed }
      const part = { kind: 'stage', name: stage, stage, startMs: atMs, endMs: atMs, attributes } as const
      open.set(stage, { ...part, outcome: 'open' })
    } else if (event.type === 'stage-finished') close(event.stage, atMs, { outcome: 'done' })
    else if (event.type === 'seed-finished') close('seed', atMs, { outcome: 'done' })
    else if (event.type === 'stage-failed')
      close(event.stage, atMs, { outcome: 'failed', message: failureWords(event) })
    else if (event.type === 'run-failed')
      for (const stage of [...open.keys()])
        close(stage, atMs, { outcome: endedWith(event, events), message: event.message })
  }
  for (const stage of [...open.keys()]) close(stage, lengthMs, { outcome: 'open' })
  return stages.sort((a, b) => a.startMs - b.startMs)
}

const failureWords = (event: Extract<Event, { type: 'stage-failed' }>): string =>
  [failedAt(event), ...causeLines(event)].join('\n')

/** The parts of a stage's script: each until the next one, or the end of its step. */
function phasesOf({ events }: Run, steps: readonly Part[]): Part[] {
  const begun = events.filter((event) => event.type === 'phase-started')
  return begun.map(({ stage, phase, elapsedMs: startMs }, index): Part => {
    const step = steps.find(
      (each) => each.stage === stage && each.startMs <= startMs && startMs <= each.endMs,
    )
    const next = begun.slice(index + 1).find((each) => each.stage === stage)?.elapsedMs
    const endMs = Math.min(step?.endMs ?? startMs, next ?? Number.POSITIVE_INFINITY)
    const isLast = next === undefined || next > endMs
    const outcome = isLast ? (step?.outcome ?? 'open') : 'done'
    return { kind: 'phase', name: phase, stage, startMs, endMs, outcome, attributes: { stage } }
  })
}

/** What came from other places, or went there: their events say how long it took. */
function transfersOf({ events }: Run): Part[] {
  return events.flatMap((event): Part[] => {
    if (!('durationMs' in event) || !/^(download|publish|distfile)-/.test(event.type)) return []
    if (!('bytes' in event)) return []
    const name = 'file' in event ? event.file : 'target' in event ? event.target : event.type
    const startMs = Math.max(0, event.elapsedMs - event.durationMs)
    const attributes = { bytes: event.bytes ?? 0, event: event.type }
    return [
      { kind: 'transfer', name, stage: '', startMs, endMs: event.elapsedMs, outcome: 'done', attributes },
    ]
  })
}

function moments({ events }: Run, beginMs: number): TraceSpan['moments'] {
  return events.flatMap((event) => {
    const atMs = Math.round(beginMs + event.elapsedMs)
    if (event.type === 'warning')
      return [{ atMs, name: 'warning', attributes: { message: event.message } as Attributes }]
    if (event.type !== 'stage-skipped') return []
    return [{ atMs, name: 'stage-skipped', attributes: { stage: event.stage, reason: event.reason } }]
  })
}
