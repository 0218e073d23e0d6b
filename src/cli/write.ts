// What the looking verbs write to standard output: text in columns, or one JSON object.

import { plainText } from '../events/plain-text.js'
import type { CiSystem } from '../progress/ci/note.js'
import { jsonObeyedByNobody, obeyedByNobody } from '../progress/ci/obeyed.js'
import type { Answer, Answering } from './answers/table.js'

let answered = false
let ci: CiSystem | undefined

/** Says whose log standard output goes to: the names in lines (of files, say) are somebody else's. */
export function setLog(system: CiSystem | undefined): void {
  ci = system
}

/** Whether a JSON object was written: then a failure that is told in it is not told as JSON again. */
export const hasAnswered = (): boolean => answered

/** Writes the object of a verb on one line; what it has to be is said in answers/. */
export function writeJson<V extends Answering>(_verb: V, value: Answer<V>): void {
  answered = true
  process.stdout.write(`${jsonObeyedByNobody(JSON.stringify(value))}\n`)
}

/** Writes lines, without what a terminal obeys. */
export function writeLines(lines: readonly string[]): void {
  const plain = lines.flatMap((line) => line.split('\n')).map(plainText)
  process.stdout.write(plain.map((line) => `${shownLine(line)}\n`).join(''))
}

/** A line as standard output and error show it, whose words may be somebody else's. */
export const shownLine = (line: string): string => (ci === undefined ? line : obeyedByNobody(line))

/** Says something beside what a verb writes, on standard error: nothing of it is obeyed by a terminal or an engine. */
export function sayAside(text: string): void {
  const lines = text.trimEnd().split('\n').map(plainText)
  process.stderr.write(lines.map((line) => `${shownLine(line)}\n`).join(''))
}

/**
 * Rows as lines with aligned columns, two blanks between them, no blanks at the end. What would not fit into a terminal of `cells`
 * is not aligned: it would be torn apart.
 */
export function columns(
  rows: readonly (readonly string[])[],
  indent = '',
  cells = process.stdout.columns,
): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  const lines = (isAligned: boolean): string[] =>
    rows.map((row) => {
      const shown = row.map((cell, index) => (isAligned ? cell.padEnd(widths[index] ?? 0) : cell))
      return `${indent}${shown.join('  ')}`.trimEnd()
    })
  const aligned = lines(true)
  // A single long cell at the end tears nothing.
  const before = widths.slice(0, -1).reduce((all, each) => all + each + 2, indent.length)
  return cells !== undefined && before > cells / 2 && aligned.some((line) => line.length > cells)
    ? lines(false)
    : aligned
}

/** A time as `2026-11-23 15:02` UTC; empty for none. */
export const shortTime = (iso: string): string =>
  iso === '' ? '' : `${iso.slice(0, 16).replace('T', ' ')} UTC`
