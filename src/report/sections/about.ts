// What the version was made of and how it was checked: differences to an earlier one, what was carried, checks, request, host.

import { formatCount, formatDuration } from '../../events/measures.js'
import { type RunDifference, sinceBefore } from '../differences.js'
import type { PageFacts } from '../facts.js'
import { type Html, html, type Piece } from '../html.js'
import type { PackageRow } from '../rows.js'
import { pairs, section, signed, table } from './parts.js'

/** Packages that are listed. */
const SHOWN = 25

/** How the packages of a run differ from those of the version before; undefined where there is none. */
export function differenceSection(rows: readonly PackageRow[], facts: PageFacts): Html | undefined {
  const { before } = facts
  const found = sinceBefore(rows, facts)
  if (before === undefined || found.length === 0) return undefined
  const both = found.filter((each) => each.before !== undefined && each.after !== undefined)
  const sum = (of: 'before' | 'after'): number => both.reduce((all, each) => all + (each[of] ?? 0), 0)
  const told = found.filter(
    (each) => each.was !== undefined || signed((each.after ?? 0) - (each.before ?? 0)) !== '=',
  )
  const shown = told.slice(0, SHOWN)
  return section(
    'differences',
    `Compared with ${before.version}`,
    html`<p>${formatCount(both.length, 'package')} that both have took ${formatDuration(sum('after'))} of work in place of ${formatDuration(sum('before'))} (${signed(sum('after') - sum('before'))}).</p>`,
    table(
      'Differences',
      ['Package', 'Stage', 'Before', 'Now', 'Difference', 'What'],
      shown.map(differenceCells),
    ),
    told.length > shown.length
      ? html`<p>and ${told.length - shown.length} more that differ less</p>`
      : undefined,
  )
}

function differenceCells({ stage, package: name, before, after, was }: RunDifference): Piece[] {
  const took = (ms: number | undefined): string => (ms === undefined ? '' : formatDuration(ms))
  const what =
    before === undefined
      ? 'new'
      : after === undefined
        ? 'not built now'
        : was === undefined
          ? ''
          : `was ${was}`
  const by = before === undefined || after === undefined ? '' : signed(after - before)
  return [name, stage, took(before), took(after), by, what]
}

/** What was taken over, what was looked at, and what went in. */
export function aboutSections({ stages, tables }: PageFacts): Piece[] {
  const checks = stages.flatMap(({ stage, checks: all }) => all.map((each) => ({ stage, ...each })))
  const carried = stages.at(-1)?.carried ?? []
  return [
    checks.length === 0
      ? undefined
      : section(
          'checks',
          'Isolation and verification',
          table(
            'Checks',
            ['What', 'Stage', 'Verdict', 'Found'],
            checks.map(({ what, stage, isGood, found }) => [
              what,
              stage,
              html`<span class="${isGood ? 'good' : 'bad'}">${isGood ? 'good' : 'look at it'}</span>`,
              found,
            ]),
          ),
        ),
    stages.length === 0
      ? undefined
      : section(
          'carried',
          'Carried from the seed',
          html`<details><summary>${formatCount(carried.length, 'package')} of the last stage that none of stages 2 to 4 built</summary><ul class="names">${carried.map((name) => html`<li>${name}</li>`)}</ul></details>`,
        ),
    ...tables.map(({ title, rows }, index) => section(`about-${index + 1}`, title, pairs(rows))),
  ]
}
