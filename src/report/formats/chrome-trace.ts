// A trace as Chrome has it, which Perfetto (ui.perfetto.dev), chrome://tracing and speedscope open. Pure.

import { lanes } from '../runs.js'
import type { Trace, TraceSpan } from './trace.js'

/** Colours by name, of those that the format has reserved. */
const COLOR = { failed: 'terrible', open: 'bad', done: undefined } as const

/**
 * The JSON object format of trace events: complete events (`X`) in microseconds from the first run's start on. A run is a process;
 * its stages, steps and phases, which lie in each other, are its first thread, and what runs at once is in threads of its own: a
 * stage that is archived while the next one runs, too.
 */
export function chromeTrace({ id, sdk, version, runs }: Trace): string {
  const beginMs = Math.min(...runs.flat().map(({ startMs }) => startMs))
  const traceEvents = runs.flatMap((spans, index) => processOf(spans, { pid: index + 1, beginMs }))
  return `${JSON.stringify({ traceEvents, displayTimeUnit: 'ms', otherData: { sdk, version, id } })}\n`
}

interface Process {
  readonly pid: number
  readonly beginMs: number
}

function processOf(spans: readonly TraceSpan[], { pid, beginMs }: Process): object[] {
  const rows = [
    ...stageRows(spans).map((row, index) => [index === 0 ? 'stages' : `stages ${index + 1}`, row] as const),
    ...rowsOf(spans, 'package').map((row, index) => [`packages ${index + 1}`, row] as const),
    ...rowsOf(spans, 'transfer').map((row, index) => [`transfers ${index + 1}`, row] as const),
  ]
  const named = (name: string, tid: number, text: string): object => ({
    ...{ ph: 'M', name, pid, tid, ts: 0 },
    args: { name: text },
  })
  return [
    named('process_name', 0, `run of ${new Date(spans[0]?.startMs ?? 0).toISOString()}`),
    ...rows.flatMap(([name, row], index) => [
      named('thread_name', index + 1, name),
      ...row.map((span) => complete(span, { pid, tid: index + 1, beginMs })),
      ...row.flatMap((span) => instants(span, { pid, tid: index + 1, beginMs })),
    ]),
  ]
}

/** No two of a row overlap: what does so without lying in each other would be drawn wrong. */
const rowsOf = (spans: readonly TraceSpan[], kind: TraceSpan['kind']): TraceSpan[][] =>
  lanes(spans.filter((each) => each.kind === kind).map((span) => ({ ...span, stage: '' })))

/** Stages with all that lies in them; in the first row the run, and what is in no stage. */
function stageRows(spans: readonly TraceSpan[]): TraceSpan[][] {
  const rowOf = new Map(
    rowsOf(spans, 'stage').flatMap((row, index) => row.map(({ attributes }) => [attributes.stage, index])),
  )
  const inStages = spans.filter(({ kind }) => kind !== 'package' && kind !== 'transfer')
  const at = ({ attributes }: TraceSpan): number => rowOf.get(attributes.stage ?? '') ?? 0
  const last = Math.max(0, ...rowOf.values())
  return Array.from({ length: last + 1 }, (_, index) => inStages.filter((span) => at(span) === index))
}

interface Thread extends Process {
  readonly tid: number
}

const complete = (span: TraceSpan, { pid, tid, beginMs }: Thread): object => ({
  ...{ ph: 'X', name: span.name, cat: span.kind, pid, tid },
  ts: (span.startMs - beginMs) * 1000,
  dur: (span.endMs - span.startMs) * 1000,
  ...(COLOR[span.outcome] === undefined ? {} : { cname: COLOR[span.outcome] }),
  args: {
    ...span.attributes,
    outcome: span.outcome,
    ...(span.message === undefined ? {} : { message: span.message }),
  },
})

const instants = ({ moments }: TraceSpan, { pid, tid, beginMs }: Thread): object[] =>
  moments.map(({ atMs, name, attributes }) => ({
    ...{ ph: 'i', s: 'p', name, cat: 'moment', pid, tid },
    ts: (atMs - beginMs) * 1000,
    args: attributes,
  }))
