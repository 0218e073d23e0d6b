// JSON files of this program's own that are believed later: each has a digest of all the rest of it, so that one which was edited,
// damaged or put in another's place is none. It proves nothing against somebody who makes a new seal; for that are signatures.

import { createHash } from 'node:crypto'
import * as v from 'valibot'

/** The member of a file that is its seal: 64 hex digits, of the others as JSON without blanks. */
const SEAL = 'seal'

/** How a file is sealed. */
interface Sealing {
  /** What it is of, where its contents do not say it. */
  readonly of?: string
  /** The first format with a seal: files of older programs have none. */
  readonly since?: number
}

/** The text of `value` with its seal. */
export function sealed(value: object, { of = '', indent }: { of?: string; indent?: number } = {}): string {
  // As it will be read: members that are undefined are not there.
  const { [SEAL]: _, ...rest } = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
  return `${JSON.stringify({ ...rest, [SEAL]: sealOf(rest, of) }, null, indent)}\n`
}

const sealOf = (rest: object, of: string): string =>
  createHash('sha256')
    .update(`${of}${JSON.stringify(rest)}`)
    .digest('hex')

/** What was sealed as `text`, or why that is something else. */
export function readSealed<const Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
  sealing: Sealing = {},
): { value: v.InferOutput<Schema> } | { why: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { why: (error as Error).message }
  }
  const parsed = v.safeParse(schema, json)
  if (!parsed.success) {
    const [issue] = parsed.issues
    return { why: `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}` }
  }
  const why = brokenSeal(json, sealing)
  return why === undefined ? { value: parsed.output } : { why: `${SEAL}: ${why}` }
}

/** What was sealed as `text`; undefined for anything else. */
export function unsealed<const Schema extends v.GenericSchema>(
  text: string,
  schema: Schema,
  sealing?: Sealing,
): v.InferOutput<Schema> | undefined {
  const read = readSealed(text, schema, sealing)
  return 'value' in read ? read.value : undefined
}

function brokenSeal(json: unknown, { of = '', since = 0 }: Sealing): string | undefined {
  const { [SEAL]: seal, ...rest } = json as Record<string, unknown>
  // Where a file of now has a format, one without any is older, too.
  if (seal === undefined) return Number(rest.format ?? 0) < since ? undefined : 'expected one, found none'
  return seal === sealOf(rest, of) ? undefined : 'it was changed since it was written'
}
