// The curves of what was used over time, drawn by uPlot: one below the other, with one cursor and one zoom.

import uPlot from 'uplot'

/** As sections/charts.ts has it. */
interface Curve {
  readonly name: string
  readonly unit: 'count' | 'bytes'
  readonly at: readonly number[]
  readonly values: readonly number[]
  readonly isStepped: boolean
}

const HEIGHT = 150
/** Distances of marks that people count in, in seconds. */
const DISTANCES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400]
const POWERS = Array.from({ length: 50 }, (_, power) => 2 ** power)
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

let drawn: { readonly plot: uPlot; readonly place: HTMLElement }[] = []

/** Draws all curves that have a place without one. */
export function drawCurves(): void {
  drawn = drawn.filter(({ place, plot }) => {
    if (!place.isConnected) plot.destroy()
    return place.isConnected
  })
  const text = document.querySelector('#curves')?.textContent
  if (text === undefined || text === null) return
  const all = JSON.parse(text) as { readonly seconds: number; readonly curves: readonly Curve[] }
  for (const place of document.querySelectorAll<HTMLElement>('.curve')) {
    const curve = all.curves[Number(place.dataset.curve)]
    if (curve !== undefined && place.childElementCount === 0)
      drawn.push({ plot: draw(place, curve, all.seconds), place })
  }
}

function draw(place: HTMLElement, curve: Curve, seconds: number): uPlot {
  const plot = new uPlot(
    optionsOf(curve, { seconds, width: place.clientWidth }),
    [[...curve.at], [...curve.values]],
    place,
  )
  new ResizeObserver(() => {
    if (place.clientWidth > 0) plot.setSize({ width: place.clientWidth, height: HEIGHT })
  }).observe(place)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw())
  return plot
}

const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function optionsOf(
  { name, unit, isStepped, at }: Curve,
  { seconds, width }: { seconds: number; width: number },
): uPlot.Options {
  const [first, last] = [at[0], at.at(-1)]
  const shown = unit === 'bytes' ? bytes : (value: number): string => String(Math.round(value * 10) / 10)
  const axis = {
    stroke: () => color('--text'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
  }
  const stepped = uPlot.paths.stepped?.({ align: 1 })
  return {
    width: Math.max(200, width),
    height: HEIGHT,
    cursor: { sync: { key: 'run' }, y: false },
    scales: {
      x: {
        time: false,
        // All of the run, unless somebody has zoomed.
        range: (_, from, to) =>
          (from === first && to === last) || first === last ? [0, seconds] : [from, to],
      },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      { ...axis, values: (_, marks) => marks.map(clock), incrs: DISTANCES, space: 70, size: 30 },
      {
        ...axis,
        values: (_, marks) => marks.map(shown),
        size: 70,
        ...(unit === 'bytes' ? { incrs: POWERS } : {}),
      },
    ],
    series: [
      { label: 'at', value: (_, value) => (value === null ? '' : clock(value)) },
      {
        label: name,
        stroke: () => color('--accent'),
        fill: () => color('--accent-soft'),
        width: 1.5,
        value: (_, value) => (value === null ? '' : shown(value)),
        ...(isStepped && stepped !== undefined ? { paths: stepped } : {}),
      },
    ],
  }
}

function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(value) / 10))
  return `${(value / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`
}

/** `12 s`, `3:05 min`, `1:02 h`. */
function clock(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`
  const [large, small, unit] =
    seconds < 3600 ? [seconds / 60, seconds % 60, 'min'] : [seconds / 3600, (seconds / 60) % 60, 'h']
  return `${Math.floor(large)}:${String(Math.floor(small)).padStart(2, '0')} ${unit}`
}
