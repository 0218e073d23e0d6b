// An error in words: code, message, hint. What is no SdkError is a bug and shows its stack. For programs the same as an event.

import { SdkError } from '../errors.js'
import { EVENT_SCHEMA, type Event, type Fact } from '../events/event.js'
import { plainText } from '../events/plain-text.js'
import { quotedCommand } from '../process/own-command.js'
import { annotation } from '../progress/ci/annotation.js'
import type { CiSystem } from '../progress/ci/note.js'
import { obeyedByNobody } from '../progress/ci/obeyed.js'
import { createJson } from '../progress/json.js'
import { createSink, type ProgressStream } from '../progress/sink.js'
import type { Interrupt } from './host/signals.js'

const told = new WeakSet<object>()

/** Marks an error whose words the progress has shown already. */
export function markTold(error: unknown): void {
  if (typeof error === 'object' && error !== null) told.add(error)
}

/** Whether the progress has shown an error. */
const isTold = (error: unknown): boolean => typeof error === 'object' && error !== null && told.has(error)

/** The text for stderr after a signal: the progress has said it, if there was any. */
export const explainInterrupt = (error: unknown, signal: string): string =>
  isTold(error) ? '' : `bootstrap_sdk: interrupted by ${signal}\n`

/** How {@link explain} tells an error. */
interface Telling {
  /** With its stack. */
  readonly debug: boolean
  /** For the log of this CI system: an annotation beside it, and nothing in it that the system obeys. */
  readonly ci?: CiSystem | undefined
}

/** The text for stderr, with its line break; nothing in it that a terminal obeys. */
export function explain(error: unknown, { debug, ci }: Telling): string {
  const text = explained(error, debug)
  if (ci === undefined || text === '') return text
  const lines = text
    .split(/\r\n?|\n/)
    .map(obeyedByNobody)
    .join('\n')
  if (isTold(error)) return lines
  const fact = failureFact(error, { signal: undefined, exitCode: undefined }, 0)
  const note = annotation(ci, eventOf(fact, 0))
  return note === undefined ? lines : `${lines}${note}\n`
}

function explained(error: unknown, debug: boolean): string {
  if (error instanceof SdkError && isTold(error) && !debug) return ''
  if (error instanceof SdkError) {
    const words = [`bootstrap_sdk: error: ${error.message} [${error.code}]`]
    if (error.hint !== undefined) words.push(`  ${error.hint}`)
    const lines = words.flatMap(plainLines)
    if (debug && error.stack !== undefined) lines.push(...plainLines(error.stack))
    return `${lines.join('\n')}\n`
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const all = quotedCommand(['collect-logs'])
  return `bootstrap_sdk: internal error, please report it with the text below and the archive that ${all} makes\n${plainLines(text).join('\n')}\n`
}

const plainLines = (text: string): string[] => text.split('\n').map(plainText)

/** How a command failed, as the event that ends a run says it. */
type Failure = Extract<Fact, { type: 'run-failed' }>

/** `error` as the fact that ends a run; after a signal it is the signal that did. */
export function failureFact(
  error: unknown,
  { signal, exitCode }: Pick<Interrupt, 'signal' | 'exitCode'>,
  durationMs: number,
): Failure {
  const known = error instanceof SdkError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return {
    type: 'run-failed',
    code: signal ?? known?.code ?? 'SDK_INTERNAL',
    message: signal === undefined ? message : `interrupted by ${signal}`,
    hint: known?.hint,
    exitCode: exitCode ?? known?.exitCode ?? 70,
    durationMs,
    facts: known?.facts ?? {},
  }
}

/**
 * Under `--json`: one line for an error that no run has told (docs/events.md, `run-failed`). For standard output.
 *
 * @param stream where to
 * @param how for how many milliseconds the command ran, and the signal that ended it, if one did
 */
export function tellAsJson(
  error: unknown,
  stream: ProgressStream,
  how: { interrupt: Pick<Interrupt, 'signal' | 'exitCode'>; durationMs: number },
): void {
  if (isTold(error)) return
  const fact = failureFact(error, how.interrupt, how.durationMs)
  createJson(createSink(stream), false).on(eventOf(fact, how.durationMs))
}

/** A fact as an event that happens now. */
export const eventOf = (fact: Failure, elapsedMs: number): Event => ({
  v: EVENT_SCHEMA,
  time: new Date().toISOString(),
  elapsedMs,
  ...fact,
})
