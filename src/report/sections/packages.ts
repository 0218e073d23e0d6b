// Every package in a table. It can be read as it is; the script of the page makes it sortable and filterable.

import { formatBytes, formatClock, formatDuration } from '../../events/measures.js'
import { type Html, html, type Piece } from '../html.js'
import type { PackageRow } from '../rows.js'
import { WAIT } from '../use.js'
import { link, scrolled, section, signed } from './parts.js'

/** A page of more is none that a browser likes: the newest are listed. */
const MOST_ROWS = 4000

/** Packages of one run. */
export interface RunRows {
  /** Which run of the version, from 1. */
  readonly number: number
  readonly rows: readonly PackageRow[]
}

interface Column {
  readonly name: string
  readonly of: (row: PackageRow, run: number) => Piece
  /** What it is sorted by, if not its text; undefined comes last. */
  readonly sort?: (row: PackageRow, run: number) => number | undefined
  /** Whether any row has something in it. */
  readonly isKnown?: (row: PackageRow) => boolean
}

const guessed = (used: PackageRow['used'], text = ''): string => (used?.isGuess ? `≈ ${text}` : text)
const size = (bytes: number | undefined): string => (bytes === undefined ? '' : formatBytes(bytes))

const COLUMNS: readonly Column[] = [
  { name: 'Stage', of: ({ stage }) => stage },
  { name: 'How', of: how },
  { name: 'Began', of: ({ startMs }) => formatClock(startMs), sort: ({ startMs }) => startMs },
  { name: 'Waited', of: waited, sort: ({ waitMs }) => waitMs },
  { name: 'Work', of: ({ workMs }) => formatDuration(workMs), sort: ({ workMs }) => workMs },
  {
    name: 'Phases',
    of: phases,
    sort: (row) => longestPhase(row),
    isKnown: (row) => row.phases.length > 0,
  },
  {
    name: 'CPU',
    of: ({ used }) => guessed(used, used && formatDuration(used.cpuMs)),
    sort: ({ used }) => used?.cpuMs,
    isKnown: ({ used }) => used !== undefined,
  },
  {
    name: 'Memory',
    of: ({ used }) => guessed(used, used && formatBytes(Math.round(used.memory))),
    sort: ({ used }) => used?.memory,
    isKnown: ({ used }) => used !== undefined,
  },
  {
    name: 'Size',
    of: ({ facts }) => size(facts?.bytes),
    sort: ({ facts }) => facts?.bytes,
    isKnown: ({ facts }) => facts?.bytes !== undefined,
  },
  {
    name: 'Than before',
    of: (row) => (row.before === undefined ? '' : signed(row.workMs - row.before.workMs)),
    sort: (row) => (row.before === undefined ? undefined : row.workMs - row.before.workMs),
    isKnown: ({ before }) => before !== undefined,
  },
  {
    name: 'Log',
    of: ({ log }) => (log === undefined ? '' : link({ ...log, text: 'log' })),
    isKnown: ({ log }) => log !== undefined,
  },
  { name: 'Why', of: why, isKnown: ({ facts }) => facts !== undefined && facts.why !== '' },
]

const GUESSED_WAITS =
  '≈ of waits: the journal does not tell them from work. Portage merges one package after the other, so a binary package is taken to have waited until the one before it was merged.'
const GUESSED_USE =
  '≈ of CPU and memory: what several packages used at the same time is shared out among them.'

const RUN: Column = { name: 'Run', of: (_, run) => run, sort: (_, run) => run }

function how({ binary, outcome }: PackageRow): Html {
  const word =
    outcome === 'failed' ? 'failed' : outcome === 'open' ? 'not ended' : binary ? 'binary' : 'built'
  return html`<span class="how ${word.replace(' ', '-')}">${word}</span>`
}

function why({ facts }: PackageRow): Html | undefined {
  return facts && html`<small class="why">${facts.origin}${facts.why === '' ? '' : `: ${facts.why}`}</small>`
}

function waited({ waitMs, isGuess, binary }: PackageRow): string {
  return waitMs === 0 && !binary ? '' : `${isGuess ? '≈ ' : ''}${formatDuration(waitMs)}`
}

function phases({ phases: all }: PackageRow): Html[] {
  return all
    .filter(({ name }) => name !== WAIT)
    .map(({ name, startMs, endMs }) => html`<small>${name} ${formatDuration(endMs - startMs)}</small>`)
}

const longestPhase = ({ phases: all }: PackageRow): number | undefined =>
  all.length === 0 ? undefined : Math.max(...all.map(({ startMs, endMs }) => endMs - startMs))

/** The table of all packages, the newest run first. */
export function packageSection(runs: readonly RunRows[]): Html | undefined {
  const all = runs.flatMap(({ number, rows }) => rows.map((row) => ({ number, row })))
  if (all.length === 0) return undefined
  const shown = all.slice(0, MOST_ROWS)
  const columns = [
    ...(runs.filter(({ rows }) => rows.length > 0).length > 1 ? [RUN] : []),
    ...COLUMNS,
  ].filter(({ isKnown }) => isKnown === undefined || shown.some(({ row }) => isKnown(row)))
  const isGuess = shown.some(({ row }) => row.isGuess)
  return section(
    'packages',
    'Packages',
    filters(shown.map(({ row }) => row)),
    isGuess ? html`<p>${GUESSED_WAITS}</p>` : undefined,
    shown.some(({ row }) => row.used?.isGuess) ? html`<p>${GUESSED_USE}</p>` : undefined,
    all.length > shown.length
      ? html`<p>${all.length - shown.length} more of earlier runs are left out.</p>`
      : undefined,
    scrolled(
      'Packages',
      html`<table id="package-table" class="sortable"><caption class="hidden">Packages; the heads of columns sort</caption>
<thead><tr><th scope="col">Package</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${shown.map(({ row, number }) => tableRow(row, number, columns))}</tbody></table>`,
    ),
  )
}

function tableRow(row: PackageRow, number: number, columns: readonly Column[]): Html {
  const kind = row.outcome === 'done' ? (row.binary ? 'binary' : 'built') : row.outcome
  return html`<tr id="${row.id}" data-stage="${row.stage}" data-how="${kind}"><th scope="row">${row.name}</th>${columns.map((column) => cell(column, row, number))}</tr>
`
}

function cell({ of, sort }: Column, row: PackageRow, number: number): Html {
  if (sort === undefined) return html`<td>${of(row, number)}</td>`
  return html`<td class="number" data-sort="${sort(row, number) ?? ''}">${of(row, number)}</td>`
}

/** Hidden until the script of the page is there. */
function filters(rows: readonly PackageRow[]): Html {
  const stages = [...new Set(rows.map(({ stage }) => stage))].sort()
  const option = (value: string): Html => html`<option value="${value}">${value}</option>`
  return html`<form id="filters" class="filters" hidden>
<label>Name <input type="search" id="filter-name" autocomplete="off" spellcheck="false"></label>
<label>Stage <select id="filter-stage"><option value="">all</option>${stages.map(option)}</select></label>
<label>How <select id="filter-how"><option value="">all</option>${['built', 'binary', 'failed', 'open'].map(option)}</select></label>
<output id="filter-count" for="filter-name filter-stage filter-how"></output>
</form>
`
}
