// One answer of the doctor: what was looked at, whether it will do, and what to do if not.

import * as v from 'valibot'
import { SdkError } from '../errors.js'

/** A check that was made, as it is told. */
export const CHECK = v.object({
  name: v.string(),
  /** `missing` keeps a build from running; `warning` may; `optional` and `unknown` do not. */
  verdict: v.picklist(['ok', 'warning', 'missing', 'optional', 'unknown']),
  /** What was found. */
  found: v.string(),
  /** What to do about it. */
  todo: v.optional(v.string()),
})

/** A check that was made. */
export type Check = Readonly<v.InferOutput<typeof CHECK>>

/** A check that is all right. */
export const ok = (name: string, found: string): Check => ({ name, verdict: 'ok', found })

/** Lets `act` find what is there; what it throws is what is missing. */
export async function checkBy(name: string, act: () => Promise<string>): Promise<Check> {
  try {
    return ok(name, await act())
  } catch (error) {
    const hint = error instanceof SdkError ? error.hint : undefined
    const found = (error as Error).message
    return { name, verdict: 'missing', found, todo: hint }
  }
}
