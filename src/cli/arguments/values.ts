// The values of options: from text to what the commands use, with the message for each that is none.

import { IGNORABLE, type Ignorable } from '../../compare/ignore.js'
import { SdkError } from '../../errors.js'
import { COMPRESSIONS, type Compression } from '../../sdk/definition.js'
import { didYouMean } from '../../sdk/nearest.js'
import { parseProfile } from '../../sdk/profile.js'
import { isHostPath } from '../../sdk/read/grammar.js'
import type { RunnerName } from '../../stage/plan/plan.js'
import type { Mirror } from '../invocation.js'

const bad = (option: string, text: string, expected: string): SdkError =>
  new SdkError('SDK_USAGE', `--${option}: expected ${expected}, found ${JSON.stringify(text)}`)

/** A path: no control characters. */
export function toPath(option: string, text: string): string {
  if (isHostPath(text)) return text
  throw bad(option, text, 'a path without control characters')
}

/** One of `values`. */
function toChoice<T extends string>(option: string, text: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === text)
  if (value !== undefined) return value
  const { message } = bad(option, text, `one of ${values.join(', ')}`)
  throw new SdkError('SDK_USAGE', `${message}${didYouMean(text, values)}`)
}

/** A compression of stage archives. */
export const toCompression = (text: string): Compression => toChoice('compression', text, COMPRESSIONS)

/** A kind of difference. */
export const toIgnorable = (text: string): Ignorable => toChoice<Ignorable>('ignore', text, IGNORABLE)

/** A runner. */
export const toRunner = (text: string): RunnerName =>
  toChoice<RunnerName>('runner', text, ['native', 'catalyst'])

/** Any text without control characters. */
export function toText(option: string, text: string): string {
  if (!/\p{Cc}/u.test(text)) return text
  throw bad(option, text, 'a text without control characters')
}

/** A GPG key as gpg finds one: fingerprint, key id, address or part of a name. */
export function toKey(option: string, text: string): string {
  if (/^[^-\p{Cc}][^\p{Cc}]*$/u.test(text)) return text
  throw bad(option, text, 'the fingerprint, id or address of a GPG key')
}

/** A profile name; whether its repo exists is the definition's to say. */
export function toProfile(text: string): string {
  if (parseProfile(text) !== undefined) return text
  throw bad('profile', text, 'a profile: repo:path, or path in the main repo')
}

/** Most processes at once; more is a slip of the finger. */
const MOST_JOBS = 9999

/** A number of processes. */
export function toJobs(text: string): number {
  const jobs = toCount(text)
  if (jobs === undefined) throw bad('jobs', text, `a number from 1 to ${MOST_JOBS}`)
  return jobs
}

/** The number of processes that `text` is; undefined for what is none. */
export function toCount(text: string): number | undefined {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= MOST_JOBS ? count : undefined
}

/** A mirror, `NAME=URL`. */
export function toMirror(text: string): Mirror {
  const match = /^([A-Za-z0-9][A-Za-z0-9_-]*)=((?:https?:\/\/[^/\s]+|file:\/\/\/)\S*)$/.exec(text)
  const [, name, url] = match ?? []
  if (name === undefined || url === undefined) {
    throw bad('mirror', text, 'NAME=URL, with a URL of http, https or file')
  }
  return { name, url: url.replace(/\/+$/, '') }
}
