// The end of a good run: what each stage cost, what was carried instead of built, and where the results are.

import type { Event } from '../events/event.js'
import { formatBytes, formatCount, formatDuration } from '../events/measures.js'
import { plainText } from '../events/plain-text.js'
import { wrap } from './terminal/cells.js'

/** How one stage of this run ended. */
export type StageResult = Extract<Event, { type: 'stage-skipped' | 'stage-finished' }>

/**
 * The summary as printable lines.
 *
 * @param stages the stages in their order
 * @param columns cells of a line; the list of carried packages is wrapped there
 */
export function summaryLines(
  stages: readonly StageResult[],
  finished: Extract<Event, { type: 'run-finished' }>,
  columns: number,
): string[] {
  return [
    '',
    ...stages.map(stageLine),
    ...carriedLines(finished.carried, columns),
    ...section('artifacts:', finished.artifacts),
  ].map(plainText)
}

function stageLine(stage: StageResult): string {
  const name = stage.stage.padEnd(8)
  if (stage.type === 'stage-skipped') return `${name}skipped  ${stage.reason}`
  const engine = `(engine ${formatDuration(stage.engineMs)})`
  return `${name}built    ${formatDuration(stage.durationMs).padEnd(12)} ${engine.padEnd(20)} ${formatBytes(stage.bytes)}`
}

function carriedLines(carried: readonly string[], columns: number): string[] {
  if (carried.length === 0) return ['carried from the seed: nothing']
  const names = wrap(carried, Math.max(20, columns - 2))
  return section(`carried from the seed, not built: ${formatCount(carried.length, 'package')}`, names)
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)]
}
