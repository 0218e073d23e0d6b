// What was used over time: packages at work, and, where the journal has samples, cores, memory and disk. The script of the page
// draws the curves; the table says the same in figures.

import { formatBytes, formatDuration } from '../../events/measures.js'
import { Html, html, type Piece } from '../html.js'
import { type PackageRow, workOverTime } from '../rows.js'
import type { Run } from '../runs.js'
import { type Sample, samplesOf } from '../use.js'
import { section, table } from './parts.js'

/** A browser draws no more points apart from each other. */
const MOST_POINTS = 600

/** A curve, as the script of the page takes it. */
export interface Curve {
  readonly name: string
  readonly unit: 'count' | 'bytes'
  /** Seconds since the start of the run, and values. */
  readonly at: readonly number[]
  readonly values: readonly number[]
  /** Values hold until the next one. */
  readonly isStepped: boolean
}

/** The curves of a run; undefined for one that has none. */
export function chartSection(run: Run, rows: readonly PackageRow[]): Html | undefined {
  const samples = thinned(samplesOf(run))
  const curves: Curve[] = [
    atWork(run, rows),
    sampled('Cores at work', 'count', [
      samples,
      ({ cpuMs, periodMs }) => (periodMs > 0 ? cpuMs / periodMs : 0),
    ]),
    sampled('Memory', 'bytes', [samples, ({ memory }) => memory]),
    sampled('Disk left', 'bytes', [samples, ({ diskFree }) => diskFree]),
  ].filter(({ values }) => values.some((each) => each > 0))
  if (curves.length === 0) return undefined
  const none =
    samples.length > 0 ? undefined : html`<p>The journal has no samples of processors, memory and disk.</p>`
  return section(
    'charts',
    'Over time',
    html`<div class="charts">${curves.map(({ name }, index) => html`<figure><figcaption>${name}</figcaption><div class="curve" data-curve="${index}" role="img" aria-label="${name} over time; the table below has its figures"></div></figure>`)}</div>
<script type="application/json" id="curves">${data({ seconds: seconds(run.lengthMs), curves })}</script>`,
    none,
    table('Figures of the curves', ['Curve', 'Least', 'Mean', 'Most', 'Most at'], curves.map(figures)),
  )
}

/** Data that no markup ends: `<` is written otherwise. */
const data = (value: unknown): Html => new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))

/** Fewer of them, evenly, where there are too many. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  const each = Math.ceil(samples.length / MOST_POINTS)
  return each <= 1
    ? samples
    : samples.filter((_, index) => index % each === 0 || index === samples.length - 1)
}

function sampled(
  name: string,
  unit: Curve['unit'],
  [samples, of]: readonly [readonly Sample[], (sample: Sample) => number],
): Curve {
  const at = samples.map(({ atMs }) => seconds(atMs))
  return { name, unit, at, values: samples.map(of), isStepped: false }
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10

/** How many packages were at work. */
function atWork({ lengthMs }: Run, rows: readonly PackageRow[]): Curve {
  const at = [0]
  const values = [0]
  for (const { atMs, count } of workOverTime(rows)) {
    const second = seconds(atMs)
    // Of one moment the last word counts.
    if (at.at(-1) === second) values[values.length - 1] = count
    else {
      at.push(second)
      values.push(count)
    }
  }
  const end = seconds(lengthMs)
  if (end > (at.at(-1) ?? 0)) {
    at.push(end)
    values.push(0)
  }
  return { name: 'Packages at work', unit: 'count', at, values, isStepped: true }
}

function figures({ name, unit, at, values, isStepped }: Curve): Piece[] {
  const known = values.map((value, index) => ({ value, at: at[index] ?? 0 }))
  const shown = (value: number): string =>
    unit === 'bytes' ? formatBytes(Math.round(value)) : value.toFixed(1)
  const most = known.reduce((a, b) => (b.value > a.value ? b : a))
  const least = known.reduce((a, b) => (b.value < a.value ? b : a))
  const spanS = (known.at(-1)?.at ?? 0) - (known[0]?.at ?? 0)
  const mean =
    isStepped && spanS > 0
      ? known.reduce(
          (sum, each, index) => sum + each.value * ((known[index + 1]?.at ?? each.at) - each.at),
          0,
        ) / spanS
      : known.reduce((sum, { value }) => sum + value, 0) / known.length
  return [name, shown(least.value), shown(mean), shown(most.value), formatDuration(most.at * 1000)]
}
