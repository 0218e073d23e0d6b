// The event schema as data: what a journal line must look like. docs/events.md describes it; a test holds both together.

import * as v from 'valibot'
import { SdkError } from '../errors.js'
import { EVENT_SCHEMA, type Event, type Fact } from './event.js'

const text = v.string()
const texts = v.array(text)
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const bytes = count
const durationMs = v.pipe(v.number(), v.finite(), v.minValue(0))
const optionalText = v.exactOptional(text)
const flag = v.boolean()
const packageInList = { stage: text, package: text, index: count, total: count, binary: flag }

/** The fields of each fact, by its `type`. A field that is not named here is allowed: a later version may add it. */
export const FACT_SCHEMAS = {
  'run-started': v.object({ version: text, sdk: text, stages: texts, root: text, pid: count }),
  'run-finished': v.object({ durationMs, artifacts: texts, carried: texts }),
  'run-failed': v.object({
    code: text,
    message: text,
    hint: optionalText,
    exitCode: count,
    durationMs,
    facts: v.record(text, v.unknown()),
  }),
  'seed-started': v.object({ kind: text, source: text }),
  'seed-finished': v.object({ path: text, digest: text, cached: flag, durationMs }),
  'download-started': v.object({ file: text, url: text }),
  'download-progress': v.object({ file: text, done: bytes, bytes: v.exactOptional(bytes) }),
  'download-finished': v.object({ file: text, bytes, durationMs }),
  'download-failed': v.object({ file: text, url: text, reason: text }),
  'stage-skipped': v.object({ stage: text, reason: text, archive: text }),
  'stage-started': v.object({
    stage: text,
    seed: text,
    seedDigest: text,
    repos: text,
    given: v.exactOptional(texts),
    reason: text,
  }),
  'stage-finished': v.object({
    stage: text,
    archive: text,
    digest: text,
    bytes,
    durationMs,
    engineMs: durationMs,
  }),
  'stage-failed': v.object({
    stage: text,
    step: text,
    package: optionalText,
    log: optionalText,
    tail: texts,
    enter: text,
    durationMs,
  }),
  'step-started': v.object({ stage: text, step: text }),
  'step-finished': v.object({ stage: text, step: text, durationMs }),
  'phase-started': v.object({ stage: text, phase: text }),
  'package-started': v.object(packageInList),
  'package-merged': v.object({ ...packageInList, durationMs }),
  'package-failed': v.object({ stage: text, package: text, log: optionalText }),
  'distfiles-planned': v.object({ stage: text, files: count, missing: count, bytes }),
  'distfile-fetched': v.object({ file: text, bytes, durationMs }),
  'publish-started': v.object({ target: text, files: count, bytes }),
  'publish-finished': v.object({ target: text, files: count, bytes, durationMs }),
  output: v.object({ stage: text, line: text }),
  info: v.object({ message: text }),
  warning: v.object({ message: text, hint: optionalText }),
}

type Schemas = typeof FACT_SCHEMAS
type DescribedFact = { [T in keyof Schemas]: { type: T } & v.InferOutput<Schemas[T]> }[keyof Schemas]
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** Every event type there is. Does not compile when the schemas and the union `Fact` differ. */
export const EVENT_TYPES: Same<DescribedFact, Fact> extends true ? readonly Fact['type'][] : never =
  Object.keys(FACT_SCHEMAS) as Fact['type'][]

const envelope = v.object({
  v: v.number(),
  type: text,
  time: v.pipe(text, v.isoTimestamp()),
  elapsedMs: durationMs,
})

/**
 * Checks a value that claims to be an event.
 *
 * @param value parsed JSON
 * @param where its place, `path:line`, for the message
 * @returns the event, unknown fields included; undefined for an event type that this version does not know
 * @throws SdkError SDK_VERIFY for another schema version, or fields that are missing or of the wrong kind
 */
export function checkEvent(value: unknown, where: string): Event | undefined {
  const outer = v.safeParse(envelope, value)
  if (!outer.success) throw wrongShape(outer.issues, where)
  if (outer.output.v !== EVENT_SCHEMA) {
    throw new SdkError(
      'SDK_VERIFY',
      `${where}: event schema ${outer.output.v}, this version reads ${EVENT_SCHEMA}`,
      { hint: 'read it with the version of bootstrap_sdk that wrote it' },
    )
  }
  if (!Object.hasOwn(FACT_SCHEMAS, outer.output.type)) return undefined
  const inner = v.safeParse(FACT_SCHEMAS[outer.output.type as Fact['type']], value)
  if (!inner.success) throw wrongShape(inner.issues, where)
  return value as Event
}

function wrongShape(issues: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]], where: string): SdkError {
  const [first] = issues
  const field = v.getDotPath(first) ?? 'the line'
  const found = first.received
  return new SdkError(
    'SDK_VERIFY',
    `${where}: not an event: ${field}: expected ${first.expected ?? first.type}, found ${found}`,
    { hint: 'docs/events.md describes the fields; the file was changed or is no journal' },
  )
}
