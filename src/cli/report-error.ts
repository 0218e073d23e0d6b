// An error in words: code, message, hint. What is no SdkError is a bug and shows its stack.

import { SdkError } from '../errors.js'
import { plainText } from '../events/plain-text.js'

const told = new WeakSet<object>()

/** Marks an error whose words the progress has shown already. */
export function markTold(error: unknown): void {
  if (typeof error === 'object' && error !== null) told.add(error)
}

/** The text for stderr after a signal: the progress has said it, if there was any. */
export const explainInterrupt = (error: unknown, signal: string): string =>
  error instanceof Error && told.has(error) ? '' : `bootstrap_sdk: interrupted by ${signal}\n`

/** The text for stderr, with its line break; nothing in it that a terminal obeys. */
export function explain(error: unknown, debug: boolean): string {
  if (error instanceof SdkError && told.has(error) && !debug) return ''
  if (error instanceof SdkError) {
    const words = [`bootstrap_sdk: error: ${error.message} [${error.code}]`]
    if (error.hint !== undefined) words.push(`  ${error.hint}`)
    const lines = words.flatMap((each) => each.split('\n')).map(plainText)
    if (debug && error.stack !== undefined) lines.push(error.stack)
    return `${lines.join('\n')}\n`
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `bootstrap_sdk: internal error, please report it with the text below and the journal of the run\n${text}\n`
}
