// The values of options: from text to what the commands use, with the message for each that is none.

import { SdkError } from '../../errors.js'
import type { Bind } from '../../inspect/visit.js'
import { parseStoreReference, type StoreReference } from '../../registry/reference.js'
import { didYouMean } from '../../sdk/nearest.js'
import { HOST_PATH } from '../../sdk/paths.js'
import { parseProfile } from '../../sdk/profile.js'
import { isHostPath } from '../../sdk/read/grammar.js'
import { quoted } from './quoted.js'

/** A base URL for the distfiles of a `mirror://NAME/…` address. */
export interface Mirror {
  readonly name: string
  /** http, https or file; without a final slash. */
  readonly url: string
}

const badFrom = (what: string, text: string, expected: string): SdkError =>
  new SdkError('SDK_USAGE', `${what}: expected ${expected}, found ${quoted(text)}`)

const bad = (name: string, text: string, expected: string): SdkError => badFrom(`--${name}`, text, expected)

/** A path of this machine. */
export function toPath(text: string, name: string): string {
  if (isHostPath(text)) return text
  throw bad(name, text, HOST_PATH)
}

/** A file that is written. */
export const toWrittenFile = (text: string, name: string): string => toPath(text, name)

/** The parser of one of `values`. */
export const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string, name: string): T => {
    const value = values.find((candidate) => candidate === text)
    if (value !== undefined) return value
    const { message } = bad(name, text, `one of ${values.join(', ')}`)
    throw new SdkError('SDK_USAGE', `${message}${didYouMean(text, values)}`)
  }

/** The parser of words that `parse` reads, separated by commas. */
export const listOf =
  <T>(parse: (text: string, name: string) => T) =>
  (text: string, name: string): readonly T[] =>
    text
      .split(',')
      .filter((word) => word !== '')
      .map((word) => parse(word, name))

/** Any text without control characters. */
export function toText(text: string, name: string): string {
  if (!/\p{Cc}/u.test(text)) return text
  throw bad(name, text, 'a text without control characters')
}

/** A GPG key as gpg finds one: fingerprint, key id, address or part of a name. */
export function toKey(text: string, name: string): string {
  if (/^[^-\p{Cc}][^\p{Cc}]*$/u.test(text)) return text
  throw bad(name, text, 'the fingerprint, id or address of a GPG key')
}

/** A user, and a group if there is one behind a colon; whether they are there is looked at later. */
export function toOwner(text: string, name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(?::(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?)?$/.test(text)) return text
  throw bad(name, text, 'USER:GROUP, by names or numbers')
}

/** A profile name; whether its repo exists is the definition's to say. */
export function toProfile(text: string, name: string): string {
  if (parseProfile(text) !== undefined) return text
  throw bad(name, text, 'a profile: repo:path, or path in the main repo')
}

/** Most processes at once; more is a slip of the finger. */
const MOST_JOBS = 9999

/** A number of processes. */
export function toJobs(text: string, name: string): number {
  const jobs = toCount(text)
  if (jobs === undefined) throw bad(name, text, `a number from 1 to ${MOST_JOBS}`)
  return jobs
}

/** The number of processes that `text` is; undefined for what is none. */
export function toCount(text: string): number | undefined {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= MOST_JOBS ? count : undefined
}

/** A number of days. */
export function toDays(text: string, name: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text)
  throw bad(name, text, 'a whole number of days')
}

const UNITS = ['', 'KiB', 'MiB', 'GiB', 'TiB']
const A_SIZE = 'a size with its unit such as 500MiB or 20GiB'

/** Bytes: a number, with or without a unit; undefined for what is none. */
function bytesOf(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?) ?([KMGT]iB)?$/.exec(text) ?? []
  return count === '' ? undefined : Math.round(Number(count) * 1024 ** UNITS.indexOf(unit))
}

/** Bytes: a number with its unit, or 0. Whoever writes 20 means no bytes, and what is bounded by them would be gone. */
export function toSize(text: string, name: string): number {
  const bytes = bytesOf(text)
  if (bytes !== undefined && (text === '0' || /iB$/.test(text))) return bytes
  throw bad(name, text, A_SIZE)
}

/** With less, not even a shell and what starts it have room. */
const LEAST_MEMORY = 64 * 1024 ** 2

/** Bytes of memory: as {@link toSize}, or without a unit. */
export function toMemory(text: string, name: string): number {
  const bytes = bytesOf(text)
  if (bytes === undefined) throw bad(name, text, A_SIZE)
  if (bytes >= LEAST_MEMORY) return bytes
  throw bad(name, text, 'at least 64MiB')
}

/** A port of TCP; 0: any that is free. */
export function toPort(text: string, name: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw bad(name, text, 'a port from 0 to 65535')
}

/** A mirror, `NAME=URL`. */
export function toMirror(text: string, option: string): Mirror {
  const match = /^([A-Za-z0-9][A-Za-z0-9_-]*)=((?:https?:\/\/[^/\s]+|file:\/\/\/)\S*)$/.exec(text)
  const [, name, url] = match ?? []
  if (name === undefined || url === undefined) {
    throw bad(option, text, 'NAME=URL, with a URL of http, https or file')
  }
  return { name, url: url.replace(/\/+$/, '') }
}

/** A repository of a registry, or `none`. */
export const toStore = (text: string, name: string): StoreReference | 'none' =>
  text === 'none' ? text : parseStoreReference(text, `--${name}`)

/** A compiler cache as ccache names one, `redis+unix:PATH`: the path; or `none`. `what` has said it. @throws SdkError SDK_USAGE */
export function parseCompilerCache(text: string, what: string): string {
  if (text === 'none') return text
  const socket = /^redis\+unix:(?:\/\/)?(\/[^?|]+)$/.exec(text)?.[1]
  if (socket !== undefined && isHostPath(socket)) return socket
  throw badFrom(what, text, 'redis+unix:PATH, the socket of a Redis server by its absolute path, or none')
}

/** A compiler cache that an option names. */
export const toCompilerCache = (text: string, name: string): string => parseCompilerCache(text, `--${name}`)

/** An age, in milliseconds. */
export function toAge(text: string, name: string): number {
  const [, count, unit] = /^(\d{1,5})(h|d)$/.exec(text) ?? []
  if (count === undefined) throw bad(name, text, 'a number of hours or days, as 12h or 14d')
  return Number(count) * (unit === 'h' ? 3_600_000 : 86_400_000)
}

/** A name for something that is kept: letters, digits, `.`, `_` and `-`, beginning with a letter or digit. */
export function toName(text: string, name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text
  throw bad(
    name,
    text,
    'a name of letters, digits, ".", "_" and "-" (enter), or a number from 1 on (clean, store gc)',
  )
}

/** A file or folder of this machine and its place inside, `HOST:INSIDE` or `HOST:INSIDE:ro`. */
export function toBind(text: string, name: string): Bind {
  const [, source = '', target = '', ro] = /^(.+?):(\/[^:]*?)\/?(:ro)?$/.exec(text) ?? []
  if (!isHostPath(source) || !/^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+)+$/u.test(target))
    throw bad(name, text, 'HOST:INSIDE or HOST:INSIDE:ro, with an absolute, plain path inside')
  return { source, target, readOnly: ro !== undefined }
}
