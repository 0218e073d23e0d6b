// A trace as OpenTelemetry has it: one object of OTLP in JSON, as collectors read it from a file. Pure.

import type { Attributes, Trace, TraceSpan } from './trace.js'

/** STATUS_CODE_UNSET, OK and ERROR. What has not come to its end is neither. */
const STATUS = { open: 0, done: 1, failed: 2 } as const
/** SPAN_KIND_INTERNAL. */
const INTERNAL = 1

/**
 * `TracesData` in the JSON of OTLP 1 (opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding"): ids in hexadecimal,
 * enumerations as numbers, 64-bit integers, so the nanoseconds too, as text; on one line.
 *
 * @param program the version of the program that tells it
 */
export function otlpJson({ id, sdk, version, runs }: Trace, program: string): string {
  const resource = {
    'service.name': 'bootstrap_sdk',
    'service.version': program,
    'sdk.name': sdk,
    'sdk.version': version,
  }
  const spans = runs.flat().map((span) => otlpSpan(span, id))
  const scope = { name: 'bootstrap_sdk', version: program }
  const data = { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope, spans }] }
  return `${JSON.stringify({ resourceSpans: [data] })}\n`
}

const otlpSpan = (span: TraceSpan, traceId: string): object => ({
  traceId,
  spanId: span.id,
  ...(span.parent === undefined ? {} : { parentSpanId: span.parent }),
  name: span.name,
  kind: INTERNAL,
  startTimeUnixNano: nanoseconds(span.startMs),
  endTimeUnixNano: nanoseconds(span.endMs),
  attributes: keyValues({ 'sdk.span': span.kind, ...prefixed(span.attributes) }),
  events: span.moments.map(({ atMs, name, attributes }) => ({
    timeUnixNano: nanoseconds(atMs),
    name,
    attributes: keyValues(attributes),
  })),
  status: {
    code: STATUS[span.outcome],
    ...(span.outcome === 'failed' ? { message: span.message ?? '' } : {}),
  },
})

/** More than a number holds exactly. */
const nanoseconds = (ms: number): string => String(BigInt(ms) * 1_000_000n)

const prefixed = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [`sdk.${key.replaceAll(' ', '_')}`, value]),
  )

const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

function anyValue(value: Attributes[string]): object {
  if (typeof value === 'boolean') return { boolValue: value }
  return typeof value === 'number' ? { intValue: String(Math.round(value)) } : { stringValue: value }
}
