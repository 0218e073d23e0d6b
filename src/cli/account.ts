// The files that tell other programs of a run: its trace, its test cases. Written at its end, however it ends; they leave this
// machine, so nothing is in them that looks like a secret.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Event } from '../events/event.js'
import { isFleeting } from '../events/journal.js'
import { withoutSecretsIn } from '../events/secrets.js'
import { casesOf } from '../report/formats/cases.js'
import { chromeTrace } from '../report/formats/chrome-trace.js'
import { junitXml } from '../report/formats/junit.js'
import { otlpJson } from '../report/formats/otlp.js'
import { tapText } from '../report/formats/tap.js'
import { traceOf } from '../report/formats/trace.js'
import { programVersion } from '../sdk/program-version.js'
import { writeFileAtomic } from '../store/disk/atomic.js'
import type { Options } from './arguments/options/table.js'
import type { Caller } from './caller.js'
import type { Environment } from './environment.js'
import { eventOf, failureFact } from './report-error.js'
import { placeFor } from './written-file.js'

/** A file that is asked for, and what is written into it of the events of a run. */
interface Account {
  readonly option: string
  /** Absolute; no link. */
  readonly file: string
  readonly tell: (events: readonly Event[]) => string
}

/** Names of files that are written for Chrome's format; any other one is OpenTelemetry's. */
const CHROME = /\.(?:chrome|perfetto)\.json$/i

/**
 * Runs `act`, and writes what `options` ask to be told of its events: also of a run that failed, or that could not begin. What
 * cannot be written is told to `warn`: a build does not fail for it.
 *
 * @throws SdkError SDK_USAGE before `act` when something is in the place of a file that is none
 */
export async function withAccounts<T>(
  { options, warn }: { options: Options; warn: (message: string) => void },
  caller: Caller,
  act: (caller: Caller) => Promise<T>,
): Promise<T> {
  const accounts = accountsOf(options)
  if (accounts.length === 0) return await act(caller)
  const events: Event[] = []
  const hear = (event: Event): void => {
    if (!isFleeting(event)) events.push(event)
  }
  try {
    return await act({ ...caller, account: { on: hear, close() {} } })
  } catch (error) {
    const durationMs = Math.round(performance.now())
    if (!events.some(({ type }) => type === 'run-failed'))
      hear(eventOf(failureFact(error, caller.interrupt, durationMs), durationMs))
    throw error
  } finally {
    await writeAccounts(accounts, withoutSecretsIn(events, caller.environment.secrets), warn)
  }
}

/** Writes what `options` ask to be told of `events`, a journal. @throws SdkError SDK_USAGE, SDK_SPACE, SDK_HOST */
export async function writeAccountsOf(
  options: Options,
  events: readonly Event[],
  { secrets }: Pick<Environment, 'secrets'>,
): Promise<void> {
  await writeAccounts(accountsOf(options), withoutSecretsIn(events, secrets), (message) => {
    throw new SdkError('SDK_HOST', message)
  })
}

async function writeAccounts(
  accounts: readonly Account[],
  events: readonly Event[],
  warn: (message: string) => void,
): Promise<void> {
  for (const { option, file, tell } of accounts)
    try {
      await mkdir(path.dirname(file), { recursive: true })
      await writeFileAtomic(file, tell(events))
    } catch (error) {
      warn(`--${option}: ${file} is not written: ${(error as Error).message}`)
    }
}

/** What is asked for. @throws SdkError SDK_USAGE */
function accountsOf({ trace, junit, tap }: Options): Account[] {
  const asked: readonly [string, string | undefined, Account['tell']][] = [
    ['trace', trace, (events) => traceText(trace ?? '', events)],
    ['junit', junit, (events) => junitXml(casesOf(events))],
    ['tap', tap, (events) => tapText(casesOf(events))],
  ]
  return asked.flatMap(([option, file, tell]) =>
    file === undefined ? [] : [{ option, file: placeFor(option, path.resolve(file)), tell }],
  )
}

/** A trace of `events` in the format that the name of its file asks for. */
export const traceText = (file: string, events: readonly Event[]): string =>
  CHROME.test(file) ? chromeTrace(traceOf(events)) : otlpJson(traceOf(events), programVersion())
