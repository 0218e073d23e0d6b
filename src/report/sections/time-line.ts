// A run as a picture: the steps of its stages in one row, or two where stages overlap, below them the packages in as many rows as were at work at once.

import { formatClock, formatDuration } from '../../events/measures.js'
import { type Html, html, type Piece } from '../html.js'
import type { PackageRow } from '../rows.js'
import { lanes, type Run, type Span } from '../runs.js'
import { shortName } from './parts.js'

/** In pixels; across, all is in per cent of the run. */
const ROW = 22
const BAR = 19
const AXIS = 18
/** In per cent: what is narrower has no room for a label. */
const NARROW = 3

/** Distances of the marks on the axis, the smallest of which fits at most eight times. */
const MARKS_MS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600].map((s) => s * 1000)

const LEGEND = [
  ['built', 'built'],
  ['binary', 'from a binary package'],
  ['failed', 'failed'],
  ['step', 'steps of stages'],
  ['critical', 'on the critical path'],
] as const

/** The picture of `run`, whose packages are `rows`; nothing for a run without any step. */
export function timeLine(
  run: Run,
  rows: readonly PackageRow[],
  critical: readonly PackageRow[],
): Html | undefined {
  if (run.steps.length === 0) return undefined
  const working = rows.flatMap((row) => row.pieces.map((piece) => ({ ...row, ...piece })))
  const ids = new Set(critical.map(({ id }) => id))
  const all: Bar[][] = [
    ...stageLanes(run.steps).map((lane) => lane.map(stepBar)),
    ...lanes(working).map((lane) => lane.map((row) => packageBar(row, ids.has(row.id)))),
  ]
  const height = all.length * ROW + AXIS
  const bars = all.map((lane, index) => lane.map((bar) => drawn(bar, { run, top: index * ROW })))
  return html`<figure class="time-line">
<figcaption><ul class="legend">${LEGEND.map(([kind, words]) => html`<li class="${kind}">${words}</li>`)}</ul></figcaption>
<div class="zoom" role="group" aria-label="Zoom of the time line" hidden><button type="button" data-zoom="0.5" aria-label="zoom out">−</button><button type="button" data-zoom="2" aria-label="zoom in">+</button><button type="button" data-zoom="0">fit</button></div>
<div class="scroll" role="group" aria-label="Time line" tabindex="0"><svg class="chart" height="${height}" role="group" aria-label="Time line of the run: steps of stages on top, packages below">${marks(run.lengthMs, height)}${bars}</svg></div>
<p class="detail" aria-live="polite">Packages lead to their rows in the table; arrow keys go from one to the next.</p>
</figure>`
}

/** Rows of steps: a stage that is archived beside the next one has a row of its own, and each stage stays in its row. */
function stageLanes(steps: readonly Span[]): Span[][] {
  const stages = [...new Set(steps.map(({ stage }) => stage))].map((stage) => {
    const own = steps.filter((step) => step.stage === stage)
    const [startMs, endMs] = [
      Math.min(...own.map((step) => step.startMs)),
      Math.max(...own.map((step) => step.endMs)),
    ]
    return { ...(own[0] as Span), startMs, endMs, own }
  })
  return lanes(stages).map((lane) => lane.flatMap(({ own }) => own))
}

interface Bar extends Span {
  readonly kind: string
  readonly isCritical: boolean
  readonly label: string
  readonly words: string
  readonly href: string
  readonly parts: readonly { readonly name: string; readonly startMs: number; readonly endMs: number }[]
}

function stepBar(step: Span): Bar {
  const { stage, name } = step
  const state = step.outcome === 'failed' ? ' failed' : ''
  const words = `${stage} ${name}, a step: ${told(step)}`
  return {
    ...step,
    kind: `step ${stage}${state}`,
    label: `${stage} ${name}`,
    words,
    href: '#stages',
    isCritical: false,
    parts: [],
  }
}

function packageBar(row: PackageRow, isCritical: boolean): Bar {
  const kind = row.outcome === 'failed' ? 'failed' : row.binary ? 'binary' : 'built'
  const waited = row.waitMs === 0 ? '' : `; it waited ${formatDuration(row.waitMs)}`
  return {
    ...row,
    ...{ kind, isCritical },
    label: `${shortName(row.name)} ${took(row)}`,
    // The label is a part of it: who speaks to the page says what is to be seen.
    words: `${row.name} ${took(row)}, in ${row.stage}, ${row.binary ? 'from a binary package' : 'built'} ${since(row)}${waited}`,
    href: `#${row.id}`,
    parts: row.phases.filter(({ startMs, endMs }) => row.startMs <= startMs && endMs <= row.endMs),
  }
}

const told = (span: Span): string => `${took(span)} ${since(span)}`

const took = ({ startMs, endMs }: Pick<Span, 'startMs' | 'endMs'>): string => formatDuration(endMs - startMs)

const since = ({ startMs, outcome }: Span): string =>
  `from ${formatClock(startMs)} on${outcome === 'done' ? '' : outcome === 'failed' ? ', failed' : ', not ended'}`

function drawn(bar: Bar, { run, top }: { run: Run; top: number }): Html {
  const wholeMs = Math.max(1, run.lengthMs)
  const spanMs = Math.max(1, bar.endMs - bar.startMs)
  const inside = (ms: number): number => percent(ms - bar.startMs, spanMs)
  const parts = bar.parts.map(
    ({ name, startMs, endMs }, index): Piece =>
      html`<rect class="phase phase-${index % 2}" x="${inside(startMs)}%" width="${inside(endMs) - inside(startMs)}%" height="100%"><title>${name} ${formatDuration(endMs - startMs)}</title></rect>`,
  )
  const width = percent(spanMs, wholeMs)
  // The script of the page knows how wide it really is.
  const kind = width < NARROW ? `${bar.kind} narrow` : bar.kind
  const critical = bar.isCritical
    ? html`<rect class="critical-mark" y="${BAR - 4}" width="100%" height="4"/>`
    : undefined
  return html`<a href="${bar.href}" class="bar ${kind}" aria-label="${bar.words}"><title>${bar.words}</title><svg x="${percent(bar.startMs, wholeMs)}%" y="${top}" width="${width}%" height="${BAR}"><rect width="100%" height="100%"/>${parts}${critical}<text x="4" y="13">${bar.label}</text></svg></a>`
}

function marks(lengthMs: number, height: number): Html[] {
  const distance = MARKS_MS.find((each) => lengthMs / each <= 8) ?? Math.ceil(lengthMs / 8)
  const found: Html[] = []
  for (let at = distance; at < lengthMs * 0.97; at += distance) {
    const x = percent(at, lengthMs)
    found.push(
      html`<line class="mark" x1="${x}%" x2="${x}%" y1="0" y2="${height - AXIS}"/><text class="mark" x="${x}%" y="${height - 4}">${formatClock(at).replace(' 0 s', '')}</text>`,
    )
  }
  return found
}

const percent = (part: number, whole: number): number => Math.round((part / whole) * 1e5) / 1e3
