// The state of a run in lines: the status area of a terminal, and the heartbeat of a plain log.

import { formatBytes, formatClock, formatGuess, formatStamp } from '../events/measures.js'
import { cut, width } from './cells.js'
import { type PackageHistory, remainingMs } from './eta.js'
import type { PackageList, RunState } from './state.js'

const BAR_CELLS = 24
const HEARTBEAT_LINE_CELLS = 100

/**
 * The status area: at most four lines of at most `columns - 1` cells (a full line would wrap): stage, packages or download, time
 * left, last line of output. Empty when the run has ended.
 */
export function statusLines(state: RunState, history: PackageHistory, columns: number): string[] {
  if (state.ended) return []
  const remaining = remainingMs(state, history)
  const lines = [
    stageLine(state),
    ...(state.packages === undefined ? [] : [packageLine(state.packages)]),
    ...(state.download === undefined ? [] : [downloadWords(state.download)]),
    ...(remaining === undefined ? [] : [`these packages: ${formatGuess(remaining)} left`]),
    ...(state.lastLine === '' ? [] : [`> ${state.lastLine}`]),
  ]
  return lines.map((line) => cut(line, columns - 1)).filter((line) => width(line) > 0)
}

function stageLine(state: RunState): string {
  const total = formatClock(state.elapsedMs)
  if (state.stage === undefined) return `preparing | ${total}`
  const inStage = formatClock(state.elapsedMs - state.stageStartedMs)
  return [`${state.stage}${place(state)}`, ...doing(state), inStage, `${total} in all`].join(' | ')
}

function place(state: RunState): string {
  const index = state.stages.indexOf(state.stage ?? '')
  return index < 0 ? '' : ` (${index + 1} of ${state.stages.length})`
}

function doing(state: RunState): string[] {
  return [state.step, state.phase].filter((word) => word !== undefined)
}

function packageLine(list: PackageList): string {
  const filled = Math.floor((BAR_CELLS * Math.min(list.merged.size, list.total)) / Math.max(1, list.total))
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_CELLS - filled)}]`
  return `${bar} ${list.merged.size} of ${list.total}${running(list)}`
}

function downloadWords({ file, done, bytes }: NonNullable<RunState['download']>): string {
  const all = bytes === undefined ? '' : ` of ${formatBytes(bytes)}`
  return `downloading ${file}: ${formatBytes(done)}${all}`
}

function running(list: PackageList): string {
  const names = [...list.running.values()]
  const last = names.at(-1)
  if (last === undefined) return ''
  return names.length === 1 ? `, ${last}` : `, ${last} and ${names.length - 1} more`
}

/** One line that says where a silent run stands: stage, step, package, time in the stage, last output (cut). */
export function heartbeatLine(state: RunState): string {
  const stage = state.stage === undefined ? 'preparing' : `${state.stage}${place(state)}`
  const packages = state.packages
  const parts = [
    `still working: ${stage}`,
    ...doing(state),
    ...(state.download === undefined ? [] : [downloadWords(state.download)]),
    ...(packages === undefined
      ? []
      : [`${packages.merged.size} of ${packages.total} packages${running(packages)}`]),
    ...(state.stage === undefined
      ? []
      : [`${formatClock(state.elapsedMs - state.stageStartedMs)} in the stage`]),
  ].join(', ')
  const last = state.lastLine === '' ? '' : `; last line: ${cut(state.lastLine, HEARTBEAT_LINE_CELLS)}`
  return `${formatStamp(state.elapsedMs)}${parts}${last}`
}
