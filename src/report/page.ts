// The report of a version: one page without other files, made from the events of its journal and what else is known. Pure.

import type { Event } from '../events/event.js'
import { formatDuration, formatStamp } from '../events/measures.js'
import { isLogged, words } from '../events/words.js'
import { type Assets, hashSource, inElement } from './assets.js'
import { criticalPath } from './critical.js'
import { NO_FACTS, type PageFacts } from './facts.js'
import { Html, html, type Piece } from './html.js'
import { type PackageRow, packageRows } from './rows.js'
import { type Run, runsOf, toldRun } from './runs.js'
import { aboutSections, differenceSection } from './sections/about.js'
import { chartSection } from './sections/charts.js'
import { packageSection } from './sections/packages.js'
import { lines, link, section } from './sections/parts.js'
import { hasEnded, outcome, stageSection, troubles } from './sections/stages.js'
import { criticalSection, type RunFigures, summarySection } from './sections/summary.js'
import { timeLine } from './sections/time-line.js'

/** What a page is made of. */
export interface PageParts {
  /** All runs of one version in their order. The newest run comes first on the page. */
  readonly events: readonly Event[]
  readonly assets: Assets
  readonly facts?: PageFacts
  /** It is served, and asks for what is new. */
  readonly isLive?: boolean
}

/** Older runs of which more than the end is told. */
const MOST_RUNS = 10
/** Lines of a log. */
const MOST_LINES = 2000

/** What the page may do: run its own script, look as it does, and, if it is served, ask who has served it. */
export const pagePolicy = ({ style, script }: Assets, isLive: boolean): string =>
  [
    ...["default-src 'none'", `script-src ${hashSource(script)}`, `style-src ${hashSource(style)}`],
    ...[`connect-src ${isLive ? "'self'" : "'none'"}`, "base-uri 'none'", "form-action 'none'"],
  ].join('; ')

/** The page. */
export function reportPage(parts: PageParts): string {
  const { events, assets, isLive = false } = parts
  const started = events.findLast((event) => event.type === 'run-started')
  const title = started === undefined ? 'SDK' : `SDK ${started.sdk} ${started.version}`
  const [style, script] = [inElement(assets.style), inElement(assets.script)]
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(assets, isLive)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body${isLive ? html` data-live="true"` : undefined}>
<a class="skip" href="#content">Skip to the content</a>
${content(title, parts)}
<script>${new Html(script)}</script>
</body>
</html>
`
  return page.markup
}

function content(title: string, { events, facts = NO_FACTS }: PageParts): Html {
  const runs = runsOf(events).map((run, index): RunFigures & { number: number } => {
    const rows = packageRows(run, facts, index + 1)
    return { run, rows, path: criticalPath(run, rows), number: index + 1 }
  })
  const told = toldRun(runs.map(({ run }) => run))
  const newest = runs[told]
  const sections: Piece[] =
    newest === undefined
      ? [stageSection(events, facts), ...aboutSections(facts)]
      : [
          summarySection(newest, facts),
          wrong(newest.run, facts),
          stageSection(events, facts),
          optional('time-line', 'Time line', timeLine(newest.run, newest.rows, newest.path.rows)),
          chartSection(newest.run, newest.rows),
          criticalSection(newest),
          packageSection([...runs].reverse()),
          differenceSection(newest.rows, facts),
          ...aboutSections(facts),
          earlierRuns(runs.slice(0, told).reverse(), facts),
          fileSection(facts),
          logSection(newest.run, facts),
        ]
  const markup = sections.filter((each) => each instanceof Html)
  return html`<header id="head"><h1>${title}</h1>${newest && state(newest)}
<p id="live" role="status" hidden></p>
<nav aria-label="Sections"><ul>${markup.map(navigation)}</ul></nav></header>
<main id="content">
${markup}</main>`
}

function state({ run, rows }: RunFigures): Html {
  const { words: said, kind } = outcome(run)
  const begin = run.events[0]?.time.replace('T', ' ').slice(0, 16)
  const last = run.events.at(-1)?.time.replace('T', ' ').slice(0, 19)
  return html`<p class="state"><span class="${kind}">${said}</span> <span>begun ${begin} UTC, last event ${last} UTC</span>${now(run, rows)}</p>`
}

/** What goes on, of a run that has no end: its steps, and the packages with their phases. */
function now(run: Run, rows: readonly PackageRow[]): Html | undefined {
  if (hasEnded(run)) return undefined
  const since = ({ startMs }: { startMs: number }): string => formatDuration(run.lengthMs - startMs)
  const steps = run.steps.filter(isOpen).map((each) => `${each.stage}: ${each.name} (${since(each)})`)
  const packages = rows
    .filter(isOpen)
    .map((each) => `${each.name}: ${each.phases.at(-1)?.name ?? 'begun'} (${since(each)})`)
  const all = [...steps, ...packages]
  return all.length === 0 ? undefined : html`<span class="now">At work: ${all.join(', ')}</span>`
}

const isOpen = ({ outcome: how }: Pick<PackageRow, 'outcome'>): boolean => how === 'open'

/** A link to a section, by what its markup says of itself: there is no other list of sections. */
function navigation({ markup }: Html): Html {
  const [, id = '', title = ''] = /^<section id="([^"]+)"[^>]*>\n<h2[^>]*>([^<]*)</.exec(markup) ?? []
  return html`<li><a href="#${id}">${new Html(title)}</a></li>`
}

const optional = (id: string, title: string, inside: Html | undefined): Html | undefined =>
  inside && section(id, title, inside)

const wrong = (run: Run, facts: PageFacts): Html | undefined =>
  optional('wrong', 'Failures and warnings', troubles(run, facts))

function earlierRuns(runs: readonly RunFigures[], facts: PageFacts): Html | undefined {
  if (runs.length === 0) return undefined
  return section(
    'runs',
    'Earlier runs of this version',
    runs.slice(0, MOST_RUNS).map(({ run, rows, path }) => {
      const begin = run.events[0]?.time.replace('T', ' ').slice(0, 16)
      return html`<details><summary>${begin} UTC: ${outcome(run).words}</summary>
${troubles(run, facts)}${timeLine(run, rows, path.rows)}</details>
`
    }),
    runs.length > MOST_RUNS ? html`<p>and ${runs.length - MOST_RUNS} older ones</p>` : undefined,
  )
}

/** What belongs to the version and is of no stage; stages name theirs. */
function fileSection({ files = [] }: PageFacts): Html | undefined {
  if (files.length === 0) return undefined
  return section('files', 'Files', html`<ul>${files.map((each) => html`<li>${link(each)}</li>`)}</ul>`)
}

function logSection(run: Run, { journal }: PageFacts): Html {
  const logged = run.events.filter(isLogged)
  const shown = logged.slice(-MOST_LINES)
  const more = logged.length - shown.length
  const results = run.events
    .filter((event) => event.type === 'run-finished')
    .flatMap((event) => event.artifacts)
  return section(
    'log',
    'Log',
    results.length === 0
      ? undefined
      : html`<ul>${results.map((file) => html`<li><code>${file}</code></li>`)}</ul>`,
    html`${journal && html`<p>${link(journal)} has all events.</p>`}
<details><summary>${shown.length} lines${more > 0 ? `, without the first ${more}` : ''}</summary><pre tabindex="0">${shown.map(logLine)}</pre></details>`,
  )
}

const logLine = (event: Event): Html => html`${formatStamp(event.elapsedMs)}${lines(words(event))}`
