// One answer of the doctor: what was looked at, whether it will do, and what to do if not.

import { SdkError } from '../errors.js'

/** `missing` keeps a build from running; `warning` may; `optional` and `unknown` do not. */
export type Verdict = 'ok' | 'warning' | 'missing' | 'optional' | 'unknown'

/** A check that was made. */
export interface Check {
  readonly name: string
  readonly verdict: Verdict
  /** What was found. */
  readonly found: string
  /** What to do about it. */
  readonly todo?: string | undefined
}

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
