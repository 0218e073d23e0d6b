// report: what a version took, as text, as JSON or as a page; or how two versions differ. Looks, and touches nothing but the page.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../../errors.js'
import { readJournal } from '../../../events/journal.js'
import { formatDuration } from '../../../events/measures.js'
import { type LastRun, lastRunOf } from '../../../inspect/last-run.js'
import { whichVersion } from '../../../inspect/which-version.js'
import { differences, earlierOf, type RunDifference } from '../../../report/differences.js'
import type { Earlier } from '../../../report/facts.js'
import { type Figures, figuresOf } from '../../../report/figures.js'
import { reportPage } from '../../../report/page.js'
import type { PackageRow } from '../../../report/rows.js'
import { findLayout } from '../../../request/catalyst-root.js'
import { writeFileAtomic } from '../../../store/disk/atomic.js'
import type { Layout } from '../../../store/layout.js'
import type { Caller } from '../../caller.js'
import type { Invocation } from '../../invocation.js'
import { pageAssets } from '../../page/assets.js'
import { factsOf } from '../../page/facts.js'
import { besides } from '../../page/files.js'
import { lookedAt } from '../../request/looked-at.js'
import { recall } from '../../request/recall.js'
import { makeLook } from '../../request/request.js'
import { columns, writeJson, writeLines } from '../../write.js'
import { placeFor } from '../../written-file.js'
import { noJournal } from './serve.js'

type Call = Extract<Invocation, { kind: 'report' }>

/** @returns 0. @throws SdkError SDK_USAGE, SDK_VERIFY, SDK_SPACE */
export async function report(call: Call, caller: Caller): Promise<number> {
  if (call.compare !== undefined) return await compare(call, call.compare, caller)
  const { layout } = await lookedAt(call, caller.environment)
  requireJournal(layout)
  const { html, json } = call.options
  if (html !== undefined) return await writePage(layout, path.resolve(html))
  const figures = figuresOf(readJournal(layout.journal), await factsOf(layout)())
  if (figures === undefined) throw noJournal(layout.version, layout.journal)
  if (json)
    writeJson('report', { format: 1, version: layout.version, page: layout.report, ...asJson(figures) })
  else writeLines(figureLines(layout, figures))
  return 0
}

function requireJournal({ version, journal }: Layout): void {
  if (!existsSync(journal)) throw noJournal(version, journal)
}

async function writePage(layout: Layout, file: string): Promise<number> {
  const place = placeFor('html', file)
  const facts = await factsOf(layout, besides(path.dirname(place)))()
  await writeFileAtomic(
    place,
    reportPage({ events: readJournal(layout.journal), assets: pageAssets(), facts }),
  )
  writeLines([place])
  return 0
}

function asJson({ run, rows, path: chain, workMs, waitMs, atOnce }: Figures) {
  return {
    run: {
      ...{ begun: run.events[0]?.time, ...endOf(run) },
      ...{ durationMs: run.lengthMs, workMs, waitMs, atOnce },
    },
    criticalPath: {
      unknown: chain.unknown,
      endlessMs: chain.endlessMs ?? null,
      packages: chain.rows.map(({ stage, name }) => ({ stage, package: name })),
    },
    packages: rows.map(packageJson),
  }
}

/** How the run ended; one whose beginning is not known any more has no end either. */
function endOf({ events }: Figures['run']): Omit<LastRun, 'started' | 'ended'> {
  const { started: _, ended: __, ...end } = lastRunOf(events) ?? { outcome: 'open' as const, started: '' }
  return end
}

/** The same in words; nothing of one that went well. */
function endWords(run: Figures['run']): string[][] {
  const { outcome, code, message = '' } = endOf(run)
  const [first = ''] = message.split('\n')
  if (outcome === 'failed') return [['failed', `${first} [${code}]`]]
  if (outcome === 'stopped') return [['stopped', `by ${code}`]]
  return outcome === 'open' ? [['not ended', 'it runs, or was killed']] : []
}

function packageJson(row: PackageRow) {
  const { stage, name, binary, outcome, startMs, endMs, workMs, waitMs, isGuess, phases, used, facts } = row
  return {
    ...{ stage, package: name, binary, outcome, startMs, endMs, workMs, waitMs, isGuess, phases },
    ...{ cpuMs: used && Math.round(used.cpuMs), memoryBytes: used && Math.round(used.memory) },
    ...{ bytes: facts?.bytes, origin: facts?.origin, why: facts?.why, beforeMs: row.before?.workMs },
  }
}

/** Packages that a text lists. */
const SHOWN = 15

function figureLines({ version, report: page }: Layout, figures: Figures): string[] {
  const { run, rows, path: chain, workMs, waitMs, atOnce } = figures
  const longest = [...rows].sort((a, b) => b.workMs - a.workMs).slice(0, SHOWN)
  const onPath = new Set(chain.rows.map(({ id }) => id))
  const endless = chain.endlessMs
  return [
    ...columns([
      ['version', version],
      ...endWords(run),
      ['time', formatDuration(run.lengthMs)],
      ['packages', `${rows.length}, ${atOnce} at once at most`],
      ['work', `${formatDuration(workMs)}; ${formatDuration(waitMs)} of waits for a turn`],
      ...(endless === undefined ? [] : [['with endless cores', formatDuration(endless)]]),
      ...(existsSync(page) ? [['page', page]] : []),
    ]),
    ...(longest.length === 0 ? [] : ['', 'what took longest (*: on the critical path)']),
    ...columns(
      longest.map(({ id, stage, name, workMs: ms, binary }) => [
        ...[
          formatDuration(ms),
          stage,
          `${name}${onPath.has(id) ? ' *' : ''}`,
          binary ? 'binary package' : '',
        ],
      ]),
      '  ',
    ),
  ]
}

async function compare(
  call: Call,
  versions: readonly [string, string],
  { environment }: Caller,
): Promise<number> {
  if (call.options.html !== undefined)
    throw new SdkError('SDK_USAGE', 'report: --html is the page of one version, and --compare is of two', {
      hint: 'the page of the later one has what differs from the version before it',
    })
  // Which versions is said; the newest of the definition need not even be there.
  const asked = await recall({ ...call, options: { ...call.options, version: undefined } }, environment)
  const own = await findLayout(await makeLook(asked, environment))
  const [before, after] = [await tookOf(own, versions[0]), await tookOf(own, versions[1])]
  const found = differences(before, after)
  if (call.options.json)
    writeJson('report', {
      ...{ format: 1, before: before.version, after: after.version },
      differences: found.map(({ before: was, after: is, ...each }) => ({
        ...each,
        ...{ beforeMs: was ?? null, afterMs: is ?? null },
      })),
    })
  else writeLines(differenceLines([before, after], found))
  return 0
}

async function tookOf(own: Layout, version: string): Promise<Earlier> {
  const layout = await whichVersion(own, version)
  requireJournal(layout)
  return { ...earlierOf(readJournal(layout.journal)), version: layout.version }
}

function differenceLines(
  [before, after]: readonly [Earlier, Earlier],
  all: readonly RunDifference[],
): string[] {
  const rows = all.map(({ stage, package: name, before: was, after: is, was: other }) => [
    ...[
      stage,
      name,
      was === undefined ? '' : formatDuration(was),
      is === undefined ? '' : formatDuration(is),
    ],
    was === undefined ? 'new' : is === undefined ? 'gone' : signed(is - was),
    other === undefined ? '' : `was ${other}`,
  ])
  return columns([['stage', 'package', before.version, after.version, 'difference', ''], ...rows])
}

const signed = (ms: number): string =>
  Math.abs(ms) < 100 ? '=' : `${ms < 0 ? '-' : '+'}${formatDuration(Math.abs(ms))}`
