// What stands on top: the figures of the newest run, and what it had to wait for.

import { formatBytes, formatCount, formatDuration } from '../../events/measures.js'
import { NO_WAIT_MS } from '../../events/words.js'
import type { CriticalPath } from '../critical.js'
import type { PageFacts } from '../facts.js'
import { type Html, html, type Piece } from '../html.js'
import { mostAtOnce, type PackageRow } from '../rows.js'
import type { Run } from '../runs.js'
import { pairs, section, table } from './parts.js'

/** What is told of a run. */
export interface RunFigures {
  readonly run: Run
  readonly rows: readonly PackageRow[]
  readonly path: CriticalPath
}

/** The figures. */
export function summarySection({ run, rows, path }: RunFigures, facts: PageFacts): Html {
  const done = rows.filter(({ outcome }) => outcome === 'done')
  const sum = (of: (row: PackageRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const cpuMs = sum(({ used }) => used?.cpuMs ?? 0)
  const carried = facts.stages.at(-1)?.carried.length
  const sources = run.events.filter((event) => event.type === 'distfile-fetched')
  const figures: (readonly [string, Piece])[] = [
    ['Whole run', formatDuration(run.lengthMs)],
    ['Packages', packages(done)],
    ['Work of packages', formatDuration(sum(({ workMs }) => workMs))],
    ['Waits for a turn', formatDuration(sum(({ waitMs }) => waitMs))],
    ['Most at work at once', mostAtOnce(rows)],
    ...(cpuMs > 0 ? [['CPU of packages', formatDuration(cpuMs)] as const] : []),
    ['Critical path', formatDuration(path.rows.reduce((total, { workMs }) => total + workMs, 0))],
    ...(path.endlessMs === undefined ? [] : [['With endless cores', endless(run, path.endlessMs)] as const]),
    ...(carried === undefined ? [] : [['Carried from the seed', formatCount(carried, 'package')] as const]),
    ...(sources.length === 0
      ? []
      : [
          [
            'Fetched',
            `${formatCount(sources.length, 'file')}, ${formatBytes(sources.reduce((all, { bytes }) => all + bytes, 0))}`,
          ] as const,
        ]),
  ]
  return section('summary', 'At a glance', html`<div class="tiles">${pairs(figures)}</div>`)
}

/** Those of a seed are the distribution's own, packed for Portage: to call them built would be too much. */
function packages(done: readonly PackageRow[]): string {
  const ofStages = done.filter(({ stage }) => stage !== 'seed')
  const binary = ofStages.filter((row) => row.binary).length
  const packed = done.length - ofStages.length
  const parts = [
    `${ofStages.length - binary} built, ${binary} from binary packages`,
    ...(packed === 0 ? [] : [`${packed} of the distribution packed for the seed`]),
  ]
  return `${done.length}: ${parts.join(', ')}`
}

function endless({ lengthMs }: Run, endlessMs: number): string {
  const percent = Math.round((1 - endlessMs / Math.max(1, lengthMs)) * 100)
  return `${formatDuration(endlessMs)}, ${percent} % less`
}

/** Stages whose script had ended before the archive of the stage before was made. */
const waits = ({ steps }: Run): string =>
  steps
    .filter(({ name, startMs, endMs }) => name === 'wait' && endMs - startMs >= NO_WAIT_MS)
    .map(
      ({ stage, startMs, endMs }) =>
        ` ${stage} waited ${formatDuration(endMs - startMs)} for the archive of the stage before.`,
    )
    .join('')

/** Rows that are listed. */
const SHOWN = 40

/** The chain of packages that a run had to wait for; undefined for a run without any. */
export function criticalSection({ run, path }: RunFigures): Html | undefined {
  if (path.rows.length === 0) return undefined
  const chainMs = path.rows.reduce((total, { workMs }) => total + workMs, 0)
  const shown = [...path.rows].sort((a, b) => b.workMs - a.workMs).slice(0, SHOWN)
  const by =
    'Each package of this chain needs the one before it, in each part of each stage; no other chain takes longer.'
  const seen = `Which package needs which is not known of ${path.unknown.join(', ')}: there it is the order that was seen, in which each began when the one before it had ended.`
  const words = path.endlessMs === undefined ? seen : path.unknown.length === 0 ? by : `${by} ${seen}`
  const gain =
    path.endlessMs === undefined
      ? ''
      : ` With endless cores the run would take ${endless(run, path.endlessMs)}, if each package took as long as it did.`
  const rest = path.rows.length - shown.length
  return section(
    'critical',
    'Critical path',
    html`<p>${words}${gain}${waits(run)}</p>`,
    table(
      'Critical path',
      ['Package', 'Stage', 'Work', 'Share of the run'],
      shown.map((row) => [
        html`<a href="#${row.id}">${row.name}</a>`,
        row.stage,
        html`<span class="figure">${formatDuration(row.workMs)}</span>`,
        html`<span class="figure">${Math.round((row.workMs / Math.max(1, run.lengthMs)) * 100)} %</span> <meter min="0" max="${chainMs}" value="${row.workMs}" aria-label="share of the chain"></meter>`,
      ]),
    ),
    rest > 0 ? html`<p>and ${rest} more that took less</p>` : undefined,
  )
}
