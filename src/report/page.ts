// The report of a version: one page without scripts and without other files, made from the events of its journal. Pure.

import path from 'node:path'
import type { Event } from '../events/event.js'
import { formatBytes, formatCount, formatDuration, formatStamp } from '../events/measures.js'
import { isLogged, isStopped, words } from '../events/words.js'
import { type Html, html, type Piece } from './html.js'
import { type PackageSpan, type Run, runsOf } from './runs.js'
import { STYLE } from './style.js'
import { timeLine } from './time-line.js'

/** Packages in the list of those that took longest. */
const LONGEST = 15

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** The page for `events`, all runs of one version in their order. The newest run comes first on it. */
export function reportPage(events: readonly Event[]): string {
  const runs = runsOf(events).reverse()
  const started = events.findLast((event): event is Of<'run-started'> => event.type === 'run-started')
  const title = started === undefined ? 'SDK' : `SDK ${started.sdk} ${started.version}`
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
${stageTable(events)}
${runs.map(runSection)}
</body>
</html>
`
  return page.markup
}

type StageEvent = Of<'stage-started' | 'stage-finished' | 'stage-failed' | 'stage-skipped'>

/** What is known of each stage by the last that was said of it. */
function stageTable(events: readonly Event[]): Html | undefined {
  const last = new Map<string, StageEvent>()
  for (const event of events)
    switch (event.type) {
      case 'stage-started':
      case 'stage-finished':
      case 'stage-failed':
        last.set(event.stage, event)
        break
      case 'stage-skipped':
        // How a stage was finished says more than that it was skipped later.
        if (last.get(event.stage)?.type !== 'stage-finished') last.set(event.stage, event)
    }
  if (last.size === 0) return undefined
  return table(
    ['stage', '', 'time', 'of it the engine', 'size', 'archive', 'SHA-256'],
    [...last.values()].map(stageCells),
  )
}

function stageCells(event: StageEvent): Piece[] {
  switch (event.type) {
    case 'stage-started':
      return [event.stage, `not finished (${event.reason})`]
    case 'stage-finished': {
      const { stage, durationMs, engineMs, bytes, archive, digest } = event
      return [
        stage,
        'finished',
        formatDuration(durationMs),
        formatDuration(engineMs),
        formatBytes(bytes),
        path.basename(archive),
        html`<code>${digest}</code>`,
      ]
    }
    case 'stage-failed':
      return [event.stage, `failed in step ${event.step}`, formatDuration(event.durationMs)]
    case 'stage-skipped':
      return [event.stage, `skipped, ${event.reason}`, '', '', '', path.basename(event.archive)]
  }
}

function runSection(run: Run): Html {
  const begin = run.events[0]?.time.replace('T', ' ').slice(0, 16)
  const failures = run.events.filter((event) => event.type === 'stage-failed').map(stageFailure)
  const warnings = run.events.filter((event) => event.type === 'warning')
  return html`<section>
<h2>${begin} UTC: ${outcome(run)}</h2>
${failures}
${run.events.filter((event) => event.type === 'run-failed').map(runFailure)}
${warnings.map((event) => html`<p class="warning">${event.message}${event.hint && html`<br>${event.hint}`}</p>`)}
${timeLine(run)}
${longest(run.packages)}
${run.events.filter((event) => event.type === 'run-finished').map(results)}
<details><summary>Log</summary><pre>${run.events.filter(isLogged).map(logLine)}</pre></details>
</section>
`
}

function outcome({ events, lengthMs }: Run): string {
  const end = events.at(-1)
  if (end?.type === 'run-finished') return `finished in ${formatDuration(end.durationMs)}`
  if (end?.type === 'run-failed')
    return `${isStopped(end) ? `stopped by ${end.code}` : 'failed'} after ${formatDuration(end.durationMs)}`
  return `no end after ${formatDuration(lengthMs)}: it runs, or was killed`
}

function stageFailure(event: Of<'stage-failed'>): Html {
  return html`<div class="failure">
<p><b>${event.stage} failed in step ${event.step}</b>${event.package && html`, package <b>${event.package}</b>`}</p>
<p>${event.log && html`Log: <code>${event.log}</code><br>`}${event.enter && html`Look into the failed root: <code>${event.enter}</code>`}</p>
${event.causes && html`<pre>${event.causes.map(({ line, text }) => html`${line}: ${text}\n`)}</pre>`}
<pre>${(event.problem ?? event.tail).map((line) => html`${line}\n`)}</pre>
</div>
`
}

function runFailure(event: Of<'run-failed'>): Html {
  const resume = event.resume && html`<p>To go on with it: <code>${event.resume}</code></p>`
  if (isStopped(event)) return html`${resume}`
  return html`<div class="failure"><pre>${lines(`${event.code}: ${event.message}`)}</pre><p>${event.hint}</p>${resume}</div>
`
}

function longest(packages: readonly PackageSpan[]): Html | undefined {
  if (packages.length === 0) return undefined
  const took = ({ startMs, endMs }: PackageSpan): number => endMs - startMs
  const rows = [...packages].sort((a, b) => took(b) - took(a)).slice(0, LONGEST)
  const done = packages.filter(({ outcome }) => outcome === 'done')
  const built = done.filter(({ binary }) => !binary).length
  return html`<details><summary>${formatCount(done.length, 'package')} merged, ${built} of them built; those that took longest</summary>
${table(
  ['stage', 'package', 'time', ''],
  rows.map((each) => [
    each.stage,
    each.name,
    formatDuration(took(each)),
    each.outcome === 'done' ? (each.binary ? 'binary package' : '') : each.outcome,
  ]),
)}</details>`
}

function results({ artifacts, carried }: Of<'run-finished'>): Html {
  const list = (names: readonly string[]): Html =>
    html`<ul>${names.map((name) => html`<li><code>${name}</code></li>`)}</ul>`
  return html`${list(artifacts)}
<details><summary>Carried from the seed, not built: ${formatCount(carried.length, 'package')}</summary>${list(carried)}</details>`
}

const logLine = (event: Event): Html => html`${formatStamp(event.elapsedMs)}${lines(words(event))}`

/** Each line of `text` as a piece of its own: a template makes what it is given one line. */
const lines = (text: string): Html[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => html`${line}\n`)

function table(head: readonly string[], rows: readonly (readonly Piece[])[]): Html {
  return html`<table><thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table>`
}
