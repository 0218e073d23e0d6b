// What became of the stages, and of the runs: tables, failures, warnings.

import path from 'node:path'
import type { Event } from '../../events/event.js'
import { beside, unsaidMessage } from '../../events/failure-words.js'
import { formatBytes, formatDuration } from '../../events/measures.js'
import { isStopped, unsaidHint } from '../../events/words.js'
import type { PageFacts } from '../facts.js'
import { type Html, html, type Piece } from '../html.js'
import { type Run, runsOf } from '../runs.js'
import { lines, link, section, table } from './parts.js'

type Of<T extends Event['type']> = Extract<Event, { type: T }>
type StageEvent = Of<'stage-started' | 'stage-finished' | 'stage-failed' | 'stage-skipped'>

/** What is known of each stage by the last that was said of it. */
export function stageSection(events: readonly Event[], facts: PageFacts): Html | undefined {
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
  const head = ['Stage', 'State', 'Time', 'Engine itself', 'Size', 'Files', 'SHA-256']
  return section(
    'stages',
    'Stages',
    table(
      'Stages',
      head,
      [...last.values()].map((each) => cells(each, facts, openStep(events, each.stage))),
    ),
  )
}

/** The step that `stage` is in, of a run that has no end. */
function openStep(events: readonly Event[], stage: string): string | undefined {
  const run = runsOf(events).at(-1)
  if (run === undefined || hasEnded(run)) return undefined
  return run.steps.find((each) => each.stage === stage && each.outcome === 'open')?.name
}

function cells(event: StageEvent, facts: PageFacts, step: string | undefined): Piece[] {
  const { stage } = event
  const logs = facts.logs.filter((each) => each.stage === stage && each.package === undefined)
  const files = [...(facts.stages.find((each) => each.stage === stage)?.files ?? []), ...logs]
  const linked = files.map((each) => html`${link(each)} `)
  switch (event.type) {
    case 'stage-started':
      return [
        stage,
        step === undefined ? `not finished (${event.reason})` : `in step ${step} (${event.reason})`,
        ...['', '', '', linked],
      ]
    case 'stage-finished': {
      const { engineMs, bytes, archive, digest } = event
      return [
        ...[stage, 'finished', timeOf(event), formatDuration(engineMs), formatBytes(bytes)],
        linked.length > 0 ? linked : path.basename(archive),
        html`<code class="digest">${digest}</code>`,
      ]
    }
    case 'stage-failed':
      return [
        stage,
        html`<b class="bad">failed in step ${event.step}</b>`,
        formatDuration(event.durationMs),
        '',
        '',
        linked,
      ]
    case 'stage-skipped':
      return [stage, `skipped, ${event.reason}`, '', '', '', path.basename(event.archive)]
  }
}

/** What a stage took, and for how much of that nobody waited. */
function timeOf({ durationMs, besideMs }: Of<'stage-finished'>): string {
  const whole = formatDuration(durationMs)
  return besideMs === undefined ? whole : `${whole}, ${formatDuration(besideMs)} of it beside the next stage`
}

/** Whether a run has come to its end; one that was killed has none. */
export const hasEnded = ({ events }: Run): boolean =>
  events.some(({ type }) => type === 'run-finished' || type === 'run-failed')

/** How a run ended, in words; and whether that is good, bad, or neither. */
export function outcome({ events, lengthMs }: Run): { readonly words: string; readonly kind: string } {
  const end = events.findLast((event) => event.type === 'run-finished' || event.type === 'run-failed')
  if (end?.type === 'run-finished')
    return { words: `finished in ${formatDuration(end.durationMs)}`, kind: 'good' }
  if (end === undefined)
    return { words: `no end after ${formatDuration(lengthMs)}: it runs, or was killed`, kind: 'open' }
  const how = isStopped(end) ? `stopped by ${end.code}` : 'failed'
  return { words: `${how} after ${formatDuration(end.durationMs)}`, kind: isStopped(end) ? 'open' : 'bad' }
}

/** Most that is told of what went wrong: the newest. */
const MOST_TROUBLES = 300

/** What went wrong in a run, or should be looked at; undefined for nothing. */
export function troubles(run: Run, facts: PageFacts): Html | undefined {
  const all = run.events.filter(({ type }) => ['stage-failed', 'run-failed', 'warning'].includes(type))
  if (all.length === 0) return undefined
  const more = Math.max(0, all.length - MOST_TROUBLES)
  const left = more === 0 ? undefined : html`<p>${more} older ones are left out; the journal has them.</p>`
  const told = all.findLast((event) => event.type === 'stage-failed')
  return html`${left}${all.slice(more).map((event) => trouble(event, facts, told))}`
}

function trouble(event: Event, facts: PageFacts, told: Of<'stage-failed'> | undefined): Html | undefined {
  if (event.type === 'stage-failed') return stageFailure(event, facts)
  if (event.type === 'run-failed') return runFailure(event, told)
  if (event.type !== 'warning') return undefined
  return html`<div class="warning"><p>${lines(event.message)}</p>${event.hint && html`<p>${event.hint}</p>`}</div>`
}

function stageFailure(event: Of<'stage-failed'>, { logs }: PageFacts): Html {
  // Of a stage there are several.
  const isIt = ({ text, stage, package: of }: PageFacts['logs'][number]): boolean =>
    stage === event.stage &&
    of === event.package &&
    (of !== undefined || event.log?.endsWith(`/${text}`) === true)
  const log = logs.find(isIt)
  const rest = beside(event)
  return html`<div class="failure">
<p><b>${event.stage} failed in step ${event.step}</b>${event.package && html`, package <b>${event.package}</b>`}</p>
<p>${event.log && html`Log: ${log === undefined ? html`<code>${event.log}</code>` : link(log)}<br>`}${event.enter && html`Look into the failed root: <code>${event.enter}</code>`}</p>
${event.causes && html`<pre tabindex="0">${event.causes.map(({ line, text }) => html`${line}: ${text}\n`)}</pre>`}
${rest.length === 0 ? undefined : html`<pre tabindex="0">${rest.map((line) => html`${line}\n`)}</pre>`}
</div>
`
}

function runFailure(event: Of<'run-failed'>, told: Of<'stage-failed'> | undefined): Html {
  const resume = event.resume && html`<p>To go on with it: <code>${event.resume}</code></p>`
  if (isStopped(event)) return html`${resume}`
  const hint = unsaidHint(event.hint, told)
  return html`<div class="failure"><pre tabindex="0">${lines(`${event.code}: ${unsaidMessage(event.message, told).join('\n')}`)}</pre>${hint === '' ? undefined : html`<p>${hint}</p>`}${resume}</div>
`
}
