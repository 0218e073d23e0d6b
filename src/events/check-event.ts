// What a journal line must look like. Which fields an event has is schema.ts's.

import * as v from 'valibot'
import { SdkError } from '../errors.js'
import { EVENT_SCHEMA, type Event, type Fact } from './event.js'
import { FACT_SCHEMAS } from './schema.js'

const envelope = v.object({
  v: v.number(),
  type: v.string(),
  time: v.pipe(v.string(), v.isoTimestamp()),
  elapsedMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
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
    { hint: 'docs/events.md describes the fields; the file was changed or is not a journal' },
  )
}
