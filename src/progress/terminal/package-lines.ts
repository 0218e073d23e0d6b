// The packages that are being built, each on its line: name, phase and time in it, time in all and the usual one, last line of its
// log. What has no room goes first from the end.

import { formatClock } from '../../events/measures.js'
import type { History } from '../estimate/history.js'
import type { RunningPackage } from '../state.js'
import { cut, width } from './cells.js'

interface Place {
  readonly history: History
  /** Cells of a line. */
  readonly cells: number
  /** Lines that there are. */
  readonly room: number
}

/** A line of a log with fewer cells than this says nothing. */
const LEAST_OUTPUT = 20
const WIDEST_NAME = 34
const SHORTEST_NAME = 16

/** The lines, and whether they have room for what packages say. The longest at work come first. */
export function packageLines(
  running: readonly RunningPackage[],
  nowMs: number,
  { history, cells, room }: Place,
): { lines: string[]; haveOutput: boolean } {
  const shown = running.length <= room ? running : running.slice(0, Math.max(0, room - 1))
  const rows = shown.map((each) => ({ each, parts: partsOf(each, nowMs, history) }))
  const table = columnsThatFit(rows, cells)
  const lines = rows.map(({ each }, index) => {
    const start = table[index] ?? ''
    const left = cells - width(start) - 4
    return left < LEAST_OUTPUT || each.line === ''
      ? start
      : `${start}  > ${cut(withoutMarks(each.line), left)}`
  })
  const more = running.length - shown.length
  const widest = Math.max(0, ...table.map(width))
  return {
    lines: more === 0 ? lines : [...lines, `  and ${more} more`],
    haveOutput: cells - widest - 4 >= LEAST_OUTPUT,
  }
}

/** Portage's own marks, beside ours. */
export const withoutMarks = (line: string): string => line.replace(/^(?:>>>| \*) +/, '')

interface Parts {
  readonly name: string
  readonly short: string
  readonly phase: string
  readonly inPhase: string
  /** The time in all and the usual one. */
  readonly usually: string
  /** The same in few cells. */
  readonly clocks: string
  readonly clock: string
}

function partsOf(each: RunningPackage, nowMs: number, history: History): Parts {
  const { name, beganMs, phase, phaseMs } = each
  const usual = history.usual(name)
  const [whole, clock] = [formatClock(nowMs - beganMs), shortClock(nowMs - beganMs)]
  return {
    name: cut(name, WIDEST_NAME),
    short: cut(name.replace(/^.*\//, ''), WIDEST_NAME),
    phase: phaseWord(each),
    inPhase: phase === undefined ? '' : formatClock(nowMs - phaseMs),
    usually: usual === undefined ? whole : `${whole}, usually ${formatClock(usual)}`,
    clocks: usual === undefined ? clock : `${clock}/${shortClock(usual)}`,
    clock,
  }
}

/** `0:04`, `3:12`, `1:02:00`. */
function shortClock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const two = (number: number): string => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return `${hours === 0 ? minutes : `${hours}:${two(minutes)}`}:${two(seconds % 60)}`
}

/** Before the first phase that is told, a package is set up; a binary one has none but its merge. */
const phaseWord = ({ phase, binary }: RunningPackage): string => phase ?? (binary ? 'install' : 'setup')

/** The beginning of each line, aligned: the widest form of the table that leaves room, or the narrowest. */
function columnsThatFit(rows: readonly { parts: Parts }[], cells: number): string[] {
  const forms: ((parts: Parts) => string[])[] = [
    ({ name, phase, inPhase, usually }) => [`  ${name}`, phase, inPhase, usually],
    ({ name, phase, usually }) => [`  ${name}`, phase, usually],
    ({ short, phase, usually }) => [`  ${short}`, phase, usually],
    ({ short, phase, clocks }) => [short, phase, clocks],
    ({ short, phase, clocks }) => [cut(short, SHORTEST_NAME), phase, clocks],
    ({ short, phase, clock }) => [cut(short, SHORTEST_NAME), phase, clock],
    ({ short, clock }) => [cut(short, SHORTEST_NAME), clock],
  ]
  for (const form of forms) {
    const lines = aligned(rows.map(({ parts }) => form(parts)))
    if (form === forms.at(-1) || lines.every((line) => width(line) <= cells)) return lines
  }
  return []
}

/** Cells of a table, each column as wide as its widest. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => width(row[column] ?? ''))),
  )
  return table.map((row) =>
    row
      .map((cell, column) => `${cell}${' '.repeat((widths[column] ?? 0) - width(cell))}`)
      .join('  ')
      .trimEnd(),
  )
}

/** `sys-devel/gcc-14 (compile for 3 min 2 s, 4 min 10 s in all, usually 9 min 30 s)`. */
export function packageWords(each: RunningPackage, nowMs: number, history: History): string {
  const usual = history.usual(each.name)
  const whole = formatClock(nowMs - each.beganMs)
  const words = [
    ...(each.phase === undefined
      ? [whole]
      : [`${each.phase} for ${formatClock(nowMs - each.phaseMs)}`, `${whole} in all`]),
    ...(usual === undefined ? [] : [`usually ${formatClock(usual)}`]),
  ]
  return `${each.name} (${words.join(', ')})`
}
