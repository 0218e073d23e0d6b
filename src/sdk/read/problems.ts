// What is wrong in a definition: collected with its place, reported all at once.

import { SdkError } from '../../errors.js'

/** Where in a TOML document a value is: keys of tables and indexes of arrays, from the root. */
export type KeyPath = readonly (string | number)[]

/** One thing that is wrong. `message` says what was expected and what was found. */
export interface Problem {
  readonly path: KeyPath
  readonly message: string
}

/** A place in a file; line and column count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One wrong thing at its place in `file`. */
export interface PlacedProblem {
  readonly file: string
  readonly place: Position
  readonly message: string
}

/** Finds where in which file the value at a path of keys stands. */
export type FindPlace = (at: KeyPath) => Pick<PlacedProblem, 'file' | 'place'>

/** The error that lists `problems` by file, in the order of each, one a line: `file:line:column: message`. */
export function definitionError(
  problems: readonly PlacedProblem[],
  cause?: unknown,
  page = 'docs/sdk-definition.md',
): SdkError {
  const files = problems.map(({ file }) => file)
  const sorted = [...problems].sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column,
  )
  const lines = sorted.map(({ file, place, message }) => `${file}:${place.line}:${place.column}: ${message}`)
  return new SdkError('SDK_DEFINITION', lines.join('\n'), {
    hint: `${page} describes every key`,
    facts: { problems: sorted },
    cause,
  })
}

/** More of them say nothing new, and to find the place of each takes as long as to read the file. */
const MOST = 50

/** The error that lists `problems`, each where `find` finds it, or the first of them and how many more there are. */
export function problemsError(problems: readonly Problem[], find: FindPlace, page?: string): SdkError {
  const first = problems.slice(0, MOST).map(({ path, message }) => ({ ...find(path), message }))
  const error = definitionError(first, undefined, page)
  const more = problems.length - first.length
  if (more === 0) return error
  const { code, message, hint, facts } = error
  return new SdkError(code, `${message}\n… and ${more} more`, { hint, facts })
}

/** A value as it is shown in a message, short and on one line. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Date) return `the date ${value.toISOString()}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'a table'
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value)
  return `the ${typeof value} ${String(value)}`
}

/** A path as it is written in TOML: `repos[0].path`, with quotes where TOML needs them; indexes count from 0. */
export function showPath(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    const key = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part)
    return text === '' ? key : `${text}.${key}`
  }, '')
}
