// A run as test cases, as CI systems count them: its stages, and the packages of each. Pure.

import type { Event } from '../../events/event.js'
import { reasons } from '../../events/failure-words.js'
import { formatDuration } from '../../events/measures.js'
import { failedAt, isStopped } from '../../events/words.js'
import { type PackageSpan, type Run, runOf, runsOf } from '../runs.js'

/** How a case ended. */
export type CaseEnd =
  | { readonly kind: 'passed' }
  /** It was not built, and why. */
  | { readonly kind: 'skipped'; readonly why: string }
  /** `error`: what went wrong was no part of the case itself. */
  | {
      readonly kind: 'failed' | 'error'
      readonly code: string
      readonly message: string
      /** The lines that name the cause. */
      readonly lines: readonly string[]
    }

/** A stage, a package of one, or the run. */
export interface Case {
  readonly name: string
  readonly durationMs: number
  readonly end: CaseEnd
}

/** A stage with its packages. */
export interface Suite {
  readonly name: string
  /** When it began, in UTC. */
  readonly time: string
  readonly durationMs: number
  readonly cases: readonly Case[]
}

/** A run, in the order in which it went. */
export interface Cases {
  readonly sdk: string
  readonly version: string
  readonly durationMs: number
  readonly suites: readonly Suite[]
}

/** The cases of the last run in `events`; of a run that could not begin it is the run alone. */
export function casesOf(events: readonly Event[]): Cases {
  const started = events.findLast((event) => event.type === 'run-started')
  const run = started === undefined ? runOf(events) : (runsOf(events).at(-1) ?? runOf(events))
  const stages = started?.stages ?? []
  const hasSeed = run.events.some((event) => event.type === 'seed-started')
  return {
    sdk: started?.sdk ?? '',
    version: started?.version ?? '',
    durationMs: run.lengthMs,
    suites: [
      ...(hasSeed ? [seedSuite(run)] : []),
      ...stages.map((stage) => stageSuite(run, stage)),
      ...runSuite(run),
    ],
  }
}

const PASSED: CaseEnd = { kind: 'passed' }

type Of<T extends Event['type']> = Extract<Event, { type: T }>

function seedSuite(run: Run): Suite {
  const started = run.events.find((event) => event.type === 'seed-started')
  const finished = run.events.findLast((event) => event.type === 'seed-finished')
  const durationMs = (finished?.elapsedMs ?? run.lengthMs) - (started?.elapsedMs ?? 0)
  return suiteOf(run, 'seed', {
    time: started?.time,
    durationMs,
    end: finished === undefined ? unfinished(run) : PASSED,
  })
}

function stageSuite(run: Run, stage: string): Suite {
  const own = run.events.filter((event) => 'stage' in event && event.stage === stage)
  const started = own.find((event) => event.type === 'stage-started')
  const end = own.findLast(
    (event): event is Of<'stage-finished' | 'stage-failed' | 'stage-skipped'> =>
      event.type === 'stage-finished' || event.type === 'stage-failed' || event.type === 'stage-skipped',
  )
  const time = started?.time ?? end?.time
  if (end === undefined) {
    const durationMs = started === undefined ? 0 : run.lengthMs - started.elapsedMs
    return suiteOf(run, stage, { time, durationMs, end: unfinished(run) })
  }
  if (end.type === 'stage-skipped')
    return suiteOf(run, stage, { time, durationMs: 0, end: { kind: 'skipped', why: end.reason } })
  const { durationMs } = end
  return suiteOf(run, stage, {
    time,
    durationMs,
    end: end.type === 'stage-failed' ? failed(end, run) : PASSED,
  })
}

/** A suite whose first case is the stage itself. */
function suiteOf(
  run: Run,
  name: string,
  { time, durationMs, end }: { time: string | undefined; durationMs: number; end: CaseEnd },
): Suite {
  const packages = run.packages.filter(({ stage }) => stage === name)
  const counts = new Map<string, number>()
  const cases = packages.map((each): Case => {
    const count = (counts.get(each.name) ?? 0) + 1
    counts.set(each.name, count)
    // A stage may merge a package more than once: two cases of one name would be one.
    const text = count === 1 ? each.name : `${each.name} (${count})`
    return { name: text, durationMs: each.endMs - each.startMs, end: packageEnd(each, run) }
  })
  const first = run.events[0]?.time ?? new Date(0).toISOString()
  return { name, time: time ?? first, durationMs, cases: [{ name, durationMs, end }, ...cases] }
}

function packageEnd({ name, stage, outcome }: PackageSpan, run: Run): CaseEnd {
  if (outcome === 'done') return PASSED
  if (outcome === 'open') return { kind: 'skipped', why: 'the run ended before it did' }
  const why = run.events.find(
    (event): event is Of<'stage-failed'> =>
      event.type === 'stage-failed' && event.stage === stage && event.package === name,
  )
  if (why !== undefined) return failed(why, run)
  return { kind: 'failed', code: 'SDK_STAGE', message: `${name} failed`, lines: [] }
}

function failed(event: Of<'stage-failed'>, run: Run): CaseEnd {
  const { stage, log, durationMs } = event
  const code = run.events.findLast((each) => each.type === 'run-failed')?.code ?? 'SDK_STAGE'
  const why = reasons(event, ({ line, text }) => `${line}: ${text}`)
  return {
    kind: 'failed',
    code,
    message: `${stage} failed in ${failedAt(event)}, after ${formatDuration(durationMs)}`,
    lines: [...(log === undefined ? [] : [`log: ${log}`]), ...why],
  }
}

/** Of a stage that has no end: it is the run that has one. */
function unfinished(run: Run): CaseEnd {
  const before = run.events.find((event) => event.type === 'stage-failed')
  if (before !== undefined) return { kind: 'skipped', why: `${before.stage} failed` }
  // One that only fetches.
  const isGood = run.events.some((event) => event.type === 'run-finished')
  return { kind: 'skipped', why: isGood ? 'this run does not build it' : 'the run ended before it did' }
}

/** The run itself, where it is what went wrong: no stage says it. */
function runSuite(run: Run): Suite[] {
  const end = run.events.findLast((event) => event.type === 'run-failed' || event.type === 'run-finished')
  const isTold = run.events.some((event) => event.type === 'stage-failed')
  if (end?.type === 'run-finished' || (end !== undefined && isTold && !isStopped(end))) return []
  const durationMs = run.lengthMs
  const time = run.events[0]?.time ?? new Date(0).toISOString()
  return [{ name: 'run', time, durationMs, cases: [{ name: 'run', durationMs, end: runEnd(end) }] }]
}

function runEnd(end: Of<'run-failed'> | undefined): CaseEnd {
  if (end === undefined)
    return { kind: 'error', code: 'SIGKILL', message: 'it has no end: it runs, or was killed', lines: [] }
  const [message = '', ...lines] = end.message.trimEnd().split('\n')
  const hint = end.hint === undefined ? [] : [`hint: ${end.hint}`]
  const resume = end.resume === undefined ? [] : [`to go on with it: ${end.resume}`]
  const kind = isStopped(end) ? 'error' : 'failed'
  return { kind, code: end.code, message, lines: [...lines, ...hint, ...resume] }
}
