import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromeTrace } from '../../../../src/report/formats/chrome-trace.js'
import { otlpJson } from '../../../../src/report/formats/otlp.js'
import { type TraceSpan, traceOf } from '../../../../src/report/formats/trace.js'
import { BESIDE, FAILED, FINISHED, HARD, REFUSED, STARTED, STOPPED } from '../../../helpers/journals.js'

const all = (spans: readonly (readonly TraceSpan[])[]): TraceSpan[] => spans.flat()

/** `run > stage2 > run > toolchain > …` of each span, with its outcome. */
function paths(spans: readonly TraceSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.id, span]))
  const pathOf = (span: TraceSpan): string => {
    const parent = span.parent === undefined ? undefined : byId.get(span.parent)
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`
  }
  return spans.map((span) => `${span.kind}: ${pathOf(span)} (${span.outcome})`)
}

test('a failed run: everything lies in what is around it, and what failed says so', () => {
  const { runs } = traceOf(FAILED)
  assert.deepEqual(paths(all(runs)), [
    'run: run (failed)',
    'stage: run > seed (done)',
    'stage: run > stage2 (failed)',
    'step: run > seed > unpack (done)',
    'step: run > stage2 > unpack (done)',
    'step: run > stage2 > run (failed)',
    'phase: run > stage2 > run > toolchain (done)',
    'phase: run > stage2 > run > packages (failed)',
    'package: run > stage2 > run > toolchain > app-arch/xz-5 (done)',
    'package: run > stage2 > run > toolchain > sys-devel/gcc-14 (done)',
    'package: run > stage2 > run > packages > app-shells/bash-5 (failed)',
  ])
  const bash = all(runs).find(({ name }) => name === 'app-shells/bash-5')
  assert.match(bash?.message ?? '', /^step run, package app-shells\/bash-5\n41: x\.c:1: error: /)
  assert.deepEqual([bash?.startMs, bash?.endMs], [330, 400])
})

test('a stage that is archived beside the next one: each has its own end, and what lies in it', () => {
  const spans = all(traceOf(BESIDE).runs)
  assert.deepEqual(paths(spans), [
    'run: run (done)',
    'stage: run > stage1 (done)',
    'stage: run > stage2 (done)',
    'step: run > stage1 > archive (done)',
    'step: run > stage2 > run (done)',
  ])
  const times = spans.filter(({ kind }) => kind === 'stage').map(({ startMs, endMs }) => [startMs, endMs])
  assert.deepEqual(times, [
    [10, 60],
    [30, 90],
  ])
  // What was ended because the archive beside it had failed has not failed itself.
  const failed = BESIDE.slice(0, 5).concat(FAILED.slice(-2).map((event) => ({ ...event, stage: 'stage1' })))
  assert.deepEqual(paths(all(traceOf(failed).runs)).slice(0, 5), [
    'run: run (failed)',
    'stage: run > stage1 (failed)',
    'stage: run > stage2 (open)',
    'step: run > stage1 > archive (failed)',
    'step: run > stage2 > run (open)',
  ])
})

test('ids follow from what a span is: the same journal has the same ones, a resumed run the same trace', () => {
  const once = traceOf(FAILED)
  const both = traceOf([...FAILED, ...FINISHED])
  assert.deepEqual(traceOf(structuredClone(FAILED)), once)
  assert.equal(both.id, once.id)
  assert.deepEqual(both.runs[0], once.runs[0])
  assert.deepEqual(both.runs[1], traceOf(FINISHED).runs[0])
  const ids = all(both.runs).map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  assert.match(once.id, /^[0-9a-f]{32}$/)
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/)
  const other = traceOf(
    FAILED.map((event) => (event.type === 'run-started' ? { ...event, version: '2' } : event)),
  )
  assert.notEqual(other.id, once.id)
})

test('a run that could not begin is one span, a stopped one has not failed, no event is no span', () => {
  assert.deepEqual(paths(all(traceOf(REFUSED).runs)), ['run: run (failed)'])
  const stopped = all(traceOf(STOPPED).runs)
  assert.deepEqual(
    stopped.map(({ outcome }) => outcome).filter((each) => each !== 'done'),
    ['open', 'open', 'open', 'open'],
  )
  assert.deepEqual(traceOf([]).runs, [])
  assert.deepEqual(
    paths(all(traceOf(FAILED.slice(0, 12)).runs)).at(-1),
    'package: run > stage2 > run > toolchain > sys-devel/gcc-14 (open)',
  )
})

interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  events: { timeUnixNano: string; name: string }[]
  status: { code: number; message?: string }
}

test('OTLP: ids in hexadecimal, nanoseconds and integers as text, status by number, on one line', () => {
  const text = otlpJson(traceOf([...FAILED, ...FINISHED]), '0.1.0')
  assert.equal(text.indexOf('\n'), text.length - 1)
  const { resourceSpans } = JSON.parse(text)
  assert.equal(resourceSpans.length, 1)
  assert.deepEqual(resourceSpans[0].resource.attributes[0], {
    key: 'service.name',
    value: { stringValue: 'bootstrap_sdk' },
  })
  const [{ scope, spans }] = resourceSpans[0].scopeSpans as { scope: object; spans: OtlpSpan[] }[] as [
    { scope: object; spans: OtlpSpan[] },
  ]
  assert.deepEqual(scope, { name: 'bootstrap_sdk', version: '0.1.0' })
  const ids = new Set(spans.map(({ spanId }) => spanId))
  for (const span of spans) {
    assert.match(span.traceId, /^[0-9a-f]{32}$/)
    assert.match(span.spanId, /^[0-9a-f]{16}$/)
    assert.equal(span.parentSpanId === undefined, span.attributes[0]?.value.stringValue === 'run')
    if (span.parentSpanId !== undefined) assert.ok(ids.has(span.parentSpanId))
    for (const time of [span.startTimeUnixNano, span.endTimeUnixNano]) assert.match(time, /^\d+$/)
    assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano))
    assert.ok([0, 1, 2].includes(span.status.code))
    for (const { value } of span.attributes) assert.equal(Object.keys(value).length, 1)
  }
  const gcc = spans.find(({ name }) => name === 'sys-devel/gcc-14')
  assert.deepEqual(
    [gcc?.startTimeUnixNano, gcc?.endTimeUnixNano, gcc?.status],
    ['120000000', '300000000', { code: 1 }],
  )
  assert.deepEqual(gcc?.attributes.slice(1), [
    { key: 'sdk.stage', value: { stringValue: 'stage2' } },
    { key: 'sdk.binary', value: { boolValue: true } },
  ])
  const [first] = spans
  assert.deepEqual(first?.status, { code: 2, message: 'stage2: emerge exited with 1' })
  assert.ok(first?.attributes.some(({ key, value }) => key === 'sdk.exit_code' && value.intValue === '5'))
  assert.deepEqual(
    first?.events.map(({ name }) => name),
    ['stage-skipped', 'warning'],
  )
  assert.ok(text.includes(JSON.stringify(HARD).slice(1, 20)))
})

interface ChromeEvent {
  ph: string
  name: string
  pid: number
  tid: number
  ts: number
  dur?: number
  cat?: string
}

test('Chrome: complete events in microseconds; within a thread they lie in each other or beside', () => {
  const { traceEvents } = JSON.parse(chromeTrace(traceOf([...FAILED, ...FINISHED, ...BESIDE]))) as {
    traceEvents: ChromeEvent[]
  }
  const complete = traceEvents.filter(({ ph }) => ph === 'X')
  assert.deepEqual(
    complete.filter(({ cat }) => cat === 'run').map(({ pid, tid, ts, dur }) => [pid, tid, ts, dur]),
    [
      [1, 1, 0, 420_000],
      [2, 1, 10_000_000, 400_000],
      [3, 1, 0, 100_000],
    ],
  )
  for (const one of complete)
    for (const other of complete) {
      if (one === other || one.pid !== other.pid || one.tid !== other.tid || one.ts > other.ts) continue
      const [end, otherEnd] = [one.ts + (one.dur ?? 0), other.ts + (other.dur ?? 0)]
      assert.ok(otherEnd <= end || other.ts >= end || one.ts === other.ts, `${one.name} ${other.name}`)
    }
  const threads = traceEvents.filter(({ ph, name, pid }) => ph === 'M' && name === 'thread_name' && pid === 1)
  assert.equal(threads.length, 3, 'stages, and two rows of packages')
  assert.equal(traceEvents.filter(({ ph }) => ph === 'i').length, 5)
  const none = JSON.parse(chromeTrace(traceOf([])))
  assert.deepEqual(none.traceEvents, [])
  assert.equal(STARTED.sdk, JSON.parse(chromeTrace(traceOf(FAILED))).otherData.sdk)
})
