// A run as a picture: the steps of its stages in one row, below it the packages in as many rows as were built at once.

import { formatClock, formatDuration } from '../events/measures.js'
import { type Html, html } from './html.js'
import { lanes, type PackageSpan, type Run, type Span } from './runs.js'

/** In units of the picture, which is as wide as the page. */
const WIDTH = 1200
const ROW = 18
const BAR = 15
const LETTER = 6.2
const AXIS = 16

/** Distances of the marks on the axis, the smallest of which fits at most twelve times. */
const MARKS_MS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600].map((s) => s * 1000)

/** The picture of `run` as SVG; nothing for a run without any step. */
export function timeLine(run: Run): Html | undefined {
  if (run.steps.length === 0) return undefined
  const rows: Span[][] = [...lanes(run.steps), ...lanes(run.packages)]
  const height = rows.length * ROW + AXIS
  const scale = WIDTH / Math.max(1, run.lengthMs)
  const bars = rows.map((row, index) => row.map((span) => bar(span, { scale, top: index * ROW })))
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Time line of the run">${marks(run.lengthMs, height)}${bars}</svg>`
}

function bar(span: Span, { scale, top }: { scale: number; top: number }): Html {
  const x = span.startMs * scale
  const width = Math.max(1, (span.endMs - span.startMs) * scale - 0.5)
  const took = formatDuration(span.endMs - span.startMs)
  const state = span.outcome === 'done' ? '' : span.outcome === 'failed' ? ', failed' : ', not ended'
  const letters = Math.floor((width - 4) / LETTER)
  const name = 'binary' in span ? shortName(span.name) : `${span.stage} ${span.name}`
  const label =
    letters < 4 ? undefined : html`<text x="${round(x + 3)}" y="${top + 11}">${name.slice(0, letters)}</text>`
  return html`<g class="${classOf(span)}"><title>${span.stage}: ${span.name} (${took}${state})</title><rect x="${round(x)}" y="${top}" width="${round(width)}" height="${BAR}"/>${label}</g>`
}

function classOf(span: Span | PackageSpan): string {
  if (span.outcome === 'failed') return 'failed'
  if (!('binary' in span)) return `step ${span.stage}`
  return span.binary ? 'binary' : 'built'
}

/** `gcc-14.2.0` of `sys-devel/gcc-14.2.0`; a cross toolchain's keep their target. */
const shortName = (cpv: string): string => (cpv.startsWith('cross-') ? cpv : cpv.replace(/^[^/]*\//, ''))

function marks(lengthMs: number, height: number): Html[] {
  const distance = MARKS_MS.find((each) => lengthMs / each <= 12) ?? Math.ceil(lengthMs / 12)
  const found: Html[] = []
  for (let at = distance; at < lengthMs; at += distance) {
    const x = round((at / lengthMs) * WIDTH)
    found.push(
      html`<line class="mark" x1="${x}" x2="${x}" y1="0" y2="${height - AXIS}"/><text class="mark" x="${x}" y="${height - 4}">${formatClock(at).replace(' 0 s', '')}</text>`,
    )
  }
  return found
}

const round = (value: number): number => Math.round(value * 10) / 10
