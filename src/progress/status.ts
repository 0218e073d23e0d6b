// The state of a run in lines: the status area of a terminal, and the heartbeat of a plain log.

import { formatBytes, formatClock, formatGuess, formatStamp } from '../events/measures.js'
import type { Remaining } from './estimate/eta.js'
import type { History } from './estimate/history.js'
import type { RunningPackage, RunState } from './state.js'
import { cut, width } from './terminal/cells.js'
import { packageLines, packageWords, withoutMarks } from './terminal/package-lines.js'
import { type RunningWork, workWords } from './works.js'

const HEARTBEAT_LINE_CELLS = 100

/** What the lines are made of, beside the state. */
export interface Shown {
  readonly history: History
  readonly remaining: Remaining | undefined
}

/** The cells that there are. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/**
 * The status area: lines of at most `columns - 1` cells (a full line would wrap), at most half of the rows: stage, how far it is,
 * a line for each package that is built, resources, last line of output. Empty when the run has ended.
 */
export function statusLines(state: RunState, shown: Shown, { columns, rows }: Size): string[] {
  if (state.ended) return []
  const cells = columns - 1
  const above = [stageLine(state, cells), ...barLine(state, shown, cells), ...workLines(state, cells)]
  const running = [...(state.packages?.running.values() ?? [])]
  const resources = resourcesLine(state, cells)
  const room = Math.max(1, Math.floor(rows / 2) - above.length - resources.length)
  const packages = packageLines(running, state.elapsedMs, { history: shown.history, cells, room })
  const lines = [
    ...above,
    ...packages.lines,
    ...resources,
    ...outputLine(state, running, packages.haveOutput),
  ]
  return lines
    .map((line) => cut(line, cells))
    .filter((line) => width(line) > 0)
    .slice(0, Math.max(1, rows - 1))
}

/** The first that fits, or else the last. */
function fitting(cells: number, candidates: readonly string[]): string {
  return candidates.find((line) => width(line) <= cells) ?? candidates.at(-1) ?? ''
}

function stageLine(state: RunState, cells: number): string {
  const all = formatClock(state.elapsedMs)
  if (state.stage === undefined) return `${state.doing} | ${all}`
  const [stage, inStage] = [
    `${state.stage}${place(state)}`,
    formatClock(state.elapsedMs - state.stageStartedMs),
  ]
  const line = (...parts: readonly (string | undefined)[]): string =>
    parts.filter((part) => part !== undefined).join(' | ')
  const { step, phase } = state
  return fitting(cells, [
    ...besideWords(state).map((beside) => line(stage, step, phase, inStage, `${all} in all`, beside)),
    line(stage, step, phase, inStage, `${all} in all`),
    line(stage, step, phase, inStage),
    line(stage, phase ?? step, inStage),
    line(stage, step, inStage),
    line(state.stage, inStage),
  ])
}

const besideWords = ({ beside }: RunState): string[] => (beside === undefined ? [] : [`archiving ${beside}`])

function place(state: RunState): string {
  const index = state.stages.indexOf(state.stage ?? '')
  return index < 0 ? '' : ` (${index + 1} of ${state.stages.length})`
}

/** How far the run is, or at least the packages of the emerge that runs. */
function barLine({ packages }: RunState, { remaining }: Shown, cells: number): string[] {
  const count = packages === undefined ? [] : [`${packages.merged.size} of ${packages.total} packages`]
  const done =
    remaining?.done ??
    (packages === undefined ? undefined : packages.merged.size / Math.max(1, packages.total))
  if (done === undefined) return []
  const left = remaining === undefined ? [] : remainingWords(remaining)
  const words = [...left, ...count].join(', ')
  const bar = (of: number): string => {
    const filled = Math.floor(of * Math.min(1, Math.max(0, done)))
    return `[${'#'.repeat(filled)}${'-'.repeat(of - filled)}] `
  }
  return [
    fitting(cells, [bar(24) + words, bar(10) + words, bar(10) + (left.length > 0 ? left.join(', ') : words)]),
  ]
}

function remainingWords({ of, ms, done }: Remaining): string[] {
  // Not 100 before it is so.
  const percent = `${Math.min(99, Math.floor(100 * done))} %`
  const of_ = of === 'run' ? '' : ' of the stage'
  return [`${percent}${of_}`, `${formatGuess(ms)} left`]
}

/** More are not read at a glance: the ones that began last come first. */
const MOST_WORKS = 3

const newest = ({ works }: RunState): RunningWork[] => [...works.values()].slice(-MOST_WORKS).reverse()

const workLines = (state: RunState, cells: number): string[] =>
  newest(state).map((work) => fitting(cells, workWords(work)))

const workParts = (state: RunState): string[] => newest(state).map((work) => workWords(work)[0] ?? '')

function resourcesLine({ resources }: RunState, cells: number): string[] {
  if (resources === undefined) return []
  const { cpuMs, periodMs, memoryBytes, freeBytes } = resources
  const cores = `${(cpuMs / Math.max(1, periodMs)).toFixed(1)} cores`
  const [memory, free] = [formatBytes(memoryBytes), formatBytes(freeBytes)]
  return [
    fitting(cells, [
      `using ${cores}, ${memory} of memory; ${free} of disk left`,
      `${cores}, ${memory}, ${free} left`,
    ]),
  ]
}

/** What was said last: by the package that speaks, where its line has no room for that, else by emerge. */
function outputLine(state: RunState, running: readonly RunningPackage[], isShown: boolean): string[] {
  const said = running.findLast(({ line }) => line !== '')?.line
  if (said !== undefined) return isShown ? [] : [`> ${withoutMarks(said)}`]
  return state.lastLine === '' ? [] : [`> ${withoutMarks(state.lastLine)}`]
}

/** One line that says where a silent run stands: stage, step, packages, time in the stage and left, last output (cut). */
export function heartbeatLine(state: RunState, { history, remaining }: Shown): string {
  const stage = state.stage === undefined ? state.doing : `${state.stage}${place(state)}`
  const { packages } = state
  const running = [...(packages?.running.values() ?? [])]
  const parts = [
    `still working: ${stage}`,
    ...[state.step, state.phase].filter((word) => word !== undefined),
    ...workParts(state),
    ...(packages === undefined ? [] : [`${packages.merged.size} of ${packages.total} packages`]),
    ...running.map((each) => packageWords(each, state.elapsedMs, history)),
    ...(state.stage === undefined
      ? []
      : [`${formatClock(state.elapsedMs - state.stageStartedMs)} in the stage`]),
    ...besideWords(state),
    ...(remaining === undefined ? [] : [`${remainingWords(remaining).join(', ')}`]),
  ].join(', ')
  const said = running.findLast(({ line }) => line !== '')?.line ?? state.lastLine
  const last = said === '' ? '' : `; last line: ${cut(said, HEARTBEAT_LINE_CELLS)}`
  return `${formatStamp(state.elapsedMs)}${parts}${last}`
}

/** The same about other work. */
export const workLine = (state: RunState, long: readonly RunningWork[]): string =>
  `${formatStamp(state.elapsedMs)}still ${long.map((each) => workWords(each)[0]).join('; ')}`

/** A line of a plain log about packages that take long, while others are told. */
export const longLine = (state: RunState, long: readonly RunningPackage[], { history }: Shown): string =>
  `${formatStamp(state.elapsedMs)}${state.stage}: still at ${long.map((each) => packageWords(each, state.elapsedMs, history)).join(', ')}`

/** Most that is told of what a run was at when it was stopped. */
const MOST_AT_WORK = 8

/** What a run is at: its packages, each with the last line of its log, or else its stage and step. */
export function atWorkLines(state: RunState, history: History): string[] {
  const running = [...(state.packages?.running.values() ?? [])].slice(0, MOST_AT_WORK)
  const lines = running.map((each) => {
    const said = each.line === '' ? '' : `: ${cut(each.line, HEARTBEAT_LINE_CELLS)}`
    return `${packageWords(each, state.elapsedMs, history)}${said}`
  })
  if (lines.length > 0 || state.stage === undefined) return lines
  const step = [state.stage, state.step, state.phase].filter((word) => word !== undefined).join(', ')
  return [
    `${step}${workParts(state)
      .map((each) => `; ${each}`)
      .join('')}`,
  ]
}
