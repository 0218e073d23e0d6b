// Reads emerge's stdout as it comes and states what happens to its packages. It only watches: exit codes decide.

import { StringDecoder } from 'node:string_decoder'
import type { Emit, Fact } from '../events/event.js'
import { plainText } from '../events/plain-text.js'
import { type EmergeLine, readEmergeLine } from './emerge-lines.js'

/** Takes emerge's stdout. */
export interface EmergeProgress {
  /** The next bytes, cut anywhere. */
  write(chunk: Buffer): void
  /** Emerge has ended: what was held back is stated. */
  end(): void
}

/** What a parser needs: the stage it reports for, where to, and a monotonic clock in milliseconds. */
export interface EmergeProgressOptions {
  stage: string
  emit: Emit
  monotonicMs: () => number
  /** Told each package that a pretended merge would merge. */
  planned?: (each: { package: string; binary: boolean }) => unknown
}

/** A line without an end is cut here, in UTF-16 units: build output may be binary. */
const LINE_LIMIT = 64 * 1024

/** Most lines with a meaning that are listened to: three for each package, of some 20,000 in a whole tree, and anything may print such. */
const MOST_LINES = 60_000

/** How a line begins whose end comes much later (`_emerge/depgraph.py`, `_emerge/actions.py`). */
const RESOLVING = 'Calculating dependencies'

/** Longest name of a package or log. */
const LONGEST_NAME = 256

const isTooLong = (line: EmergeLine): boolean =>
  ('package' in line && line.package.length > LONGEST_NAME) ||
  ('path' in line && line.path.length > LONGEST_NAME)

/**
 * Watches one emerge (or several in a row). Emits
 * - `output` for each line that is not empty: printable, overwritten progress lines included, and the resolver's when it begins;
 * - `package-phase`, when it is merged;
 * - `package-started` and `package-merged`; the duration runs from the first announcement of the package and contains
 *   its wait for a merge lock;
 * - `package-failed`, once per package, with the path of the log inside the stage where emerge names one.
 */
export function createEmergeProgress(options: EmergeProgressOptions): EmergeProgress {
  const { stage, emit } = options
  const merges = createMerges(options)
  const failures = createFailures(options)
  const decoder = new StringDecoder('utf8')
  let pending = ''
  let lines = 0
  const bounded = (line: EmergeLine | undefined): EmergeLine | undefined =>
    line !== undefined && line.kind !== 'jobs' && (++lines > MOST_LINES || isTooLong(line)) ? undefined : line
  const takeLine = (raw: string): void => {
    const line = plainText(raw.slice(0, LINE_LIMIT)).trimEnd()
    if (line === '') return
    emit({ type: 'output', stage, line })
    const meaning = bounded(readEmergeLine(line))
    if (meaning?.kind === 'planned') options.planned?.({ package: meaning.package, binary: meaning.binary })
    merges.take(meaning)
    failures.take(meaning)
  }
  const take = (text: string): void => {
    // A progress bar ends its lines with CR alone; each state of it counts as a line.
    const lines = (pending + text).split(/[\r\n]/)
    const before = pending
    pending = (lines.pop() ?? '').slice(0, LINE_LIMIT)
    for (const line of lines) takeLine(line)
    // The resolver's line has its end when it is done, and it may be at it for minutes.
    if (pending.startsWith(RESOLVING) && !before.startsWith(RESOLVING)) takeLine(pending)
  }
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end() {
      take(`${decoder.end()}\n`)
      merges.end()
      failures.end()
    },
  }
}

interface Watch {
  /** The next line; undefined for one without a meaning. */
  take(line: EmergeLine | undefined): void
  end(): void
}

/**
 * Starts and merges. Of an installation that failed emerge says `Completed` first and `Failed to install` after it, so a
 * merge is stated only with the next line. The first `Jobs:` line does not count as one: it is the display, drawn
 * again below the message.
 */
function createMerges({ stage, emit, monotonicMs }: EmergeProgressOptions): Watch {
  const started = new Map<number, { atMs: number; binary: boolean }>()
  let completed: Extract<Fact, { type: 'package-merged' }> | undefined
  let redrawn = false
  const settle = (): void => {
    if (completed !== undefined) emit(completed)
    completed = undefined
  }
  const waits = (line: EmergeLine | undefined): boolean => {
    if (line?.kind !== 'jobs' || redrawn) return false
    redrawn = true
    return true
  }
  return {
    take(line) {
      if (line?.kind === 'failed' && line.action === 'install' && line.package === completed?.package)
        completed = undefined
      if (!waits(line)) settle()
      if (line?.kind === 'emerging') {
        const { kind: _, ...place } = line
        started.set(line.index, { atMs: monotonicMs(), binary: line.binary })
        emit({ type: 'package-started', stage, ...place })
      } else if (line?.kind === 'installing') {
        emit({ type: 'package-phase', stage, package: line.package, phase: 'merge' })
      } else if (line?.kind === 'completed') {
        const { kind: _, ...place } = line
        const begun = started.get(line.index) ?? { atMs: monotonicMs(), binary: false }
        const durationMs = Math.round(monotonicMs() - begun.atMs)
        completed = { type: 'package-merged', stage, ...place, binary: begun.binary, durationMs }
        redrawn = false
      }
    },
    end: settle,
  }
}

/**
 * Phases whose failure does not fail the package: the old version's removal, what emerge reports by itself, and the reading of an
 * ebuild, which may be one of a version that nobody wants.
 */
const HARMLESS_PHASES = new Set(['prerm', 'postrm', 'postinst', 'depend'])

/** Failures: one is told on up to three lines, with `Jobs:` lines between them. */
function createFailures({ stage, emit }: EmergeProgressOptions): Watch {
  const reported = new Set<string>()
  let awaitsLog: string | undefined
  let died: { package: string; log?: string } | undefined
  const report = (name: string, log?: string): void => {
    if (!reported.has(name)) emit({ type: 'package-failed', stage, package: name, log })
    reported.add(name)
    awaitsLog = undefined
    if (died?.package === name) died = undefined
  }
  return {
    take(line) {
      if (line?.kind === 'jobs') return
      if (awaitsLog !== undefined) report(awaitsLog, line?.kind === 'log' ? line.path : undefined)
      if (line?.kind === 'failed' && line.logFollows) awaitsLog = line.package
      else if (line?.kind === 'failed')
        report(line.package, died?.package === line.package ? died.log : undefined)
      else if (line?.kind === 'died' && !HARMLESS_PHASES.has(line.phase ?? ''))
        died = { package: line.package }
      else if (line?.kind === 'died-log' && died !== undefined) died.log = line.path
      else if (line?.kind === 'emerging') reported.delete(line.package)
      else if (line?.kind === 'completed' && line.package === died?.package) died = undefined
    },
    end() {
      if (awaitsLog !== undefined) report(awaitsLog)
      if (died !== undefined) report(died.package, died.log)
    },
  }
}
