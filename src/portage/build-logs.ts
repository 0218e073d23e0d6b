// Looks into the logs of the packages that emerge builds, while it builds them: the phase that each is in, and its last line. A
// log is written by what is built: only plain files are read, no link is followed, and little of each at a time.

import { closeSync, fstatSync, opendirSync } from 'node:fs'
import type { Emit, Fact } from '../events/event.js'
import { plainText } from '../events/plain-text.js'
import { readAt } from '../files/read.js'
import { HeldFolder, openBelow } from '../store/hostile/held-folder.js'

/** Watches the packages of a stage. */
export interface BuildLogs {
  /** What emerge does, in order. */
  take(fact: Fact): void
  /** States what is new in the logs of the packages that are being built. */
  look(): void
}

/** Of one log at one time; a build that writes more in a second is seen by the end of it. */
const MOST_BYTES = 256 * 1024
/** UTF-16 units of a last line. */
const LONGEST_LINE = 500
/** A package has nine; anything may write such lines. */
const MOST_PHASES = 40

/** What Portage writes into the log when a phase begins (bin/phase-functions.sh, bin/misc-functions.sh, _emerge/Binpkg.py of 3.0.83). */
const PHASES: readonly [begin: RegExp, phase: string][] = [
  [/^>>> Unpacking source\.\.\.$/, 'unpack'],
  [/^>>> Preparing source in /, 'prepare'],
  [/^>>> Configuring source in /, 'configure'],
  [/^>>> Compiling source in /, 'compile'],
  [/^>>> Test phase: /, 'test'],
  [/^>>> Install \S+ into /, 'install'],
  [/^>>> (?:Creating binpkg|Extracting info)$/, 'package'],
]

/** A package that is being built. */
interface Building {
  readonly package: string
  phase: string
  phases: number
  /** The name of its log below the folder, and how far it has been read. */
  log: string | undefined
  offset: number
}

/**
 * @param options.folder where Portage writes its logs (PORTAGE_LOGDIR), as this machine sees it
 */
export function createBuildLogs(options: { stage: string; folder: string; emit: Emit }): BuildLogs {
  const { stage, folder, emit } = options
  const building = new Map<string, Building>()
  /** Logs of packages that are done: one that is built twice has two. */
  const done = new Set<string>()
  const end = (name: string): void => {
    const log = building.get(name)?.log
    if (log !== undefined) done.add(log)
    building.delete(name)
  }
  const enter = (each: Building, phase: string): void => {
    if (phase === each.phase || each.phases >= MOST_PHASES) return
    each.phase = phase
    each.phases++
    emit({ type: 'package-phase', stage, package: each.package, phase })
  }
  const show = (each: Readonly<Building>, line: string): void => {
    if (line === '') return
    emit({ type: 'package-output', stage, package: each.package, line, logBytes: each.offset })
  }
  return {
    take(fact) {
      if (fact.type === 'package-started') building.set(fact.package, begun(fact.package))
      if (fact.type === 'package-merged' || fact.type === 'package-failed') end(fact.package)
      const each = fact.type === 'package-phase' ? building.get(fact.package) : undefined
      if (each !== undefined && fact.type === 'package-phase') each.phase = fact.phase
    },
    look() {
      const names = building.size === 0 ? [] : logNames(folder)
      for (const each of building.values()) {
        each.log ??= logOf(each.package, names, done)
        const text = each.log === undefined ? '' : newText(folder, each)
        if (text === '') continue
        const { phase, line } = readLines(text, each.phase)
        enter(each, phase)
        show(each, line)
      }
    },
  }
}

const begun = (name: string): Building => ({
  ...{ package: name, phase: '', phases: 0, log: undefined, offset: 0 },
})

/** More names have no meaning: a stage of a whole tree merges 20,000 packages. */
const MOST_NAMES = 30_000

/** The names of logs: `CATEGORY:NAME-VERSION:TIME.log`; none where there are too many: a stage may fill the folder with millions. */
function logNames(folder: string): string[] {
  try {
    const held = HeldFolder.open(folder)
    try {
      const names = firstNames(held.path)
      return names.length > MOST_NAMES ? [] : names.filter((name) => name.endsWith('.log'))
    } finally {
      held.close()
    }
  } catch {
    return []
  }
}

/** One more than are looked at, at most. */
function firstNames(folder: string): string[] {
  const entries = opendirSync(folder)
  try {
    const names: string[] = []
    for (
      let entry = entries.readSync();
      entry !== null && names.length <= MOST_NAMES;
      entry = entries.readSync()
    )
      names.push(entry.name)
    return names
  } finally {
    entries.closeSync()
  }
}

function logOf(name: string, names: readonly string[], done: ReadonlySet<string>): string | undefined {
  const prefix = `${name.replace('/', ':')}:`
  return names
    .filter((each) => each.startsWith(prefix) && !done.has(each))
    .sort()
    .at(-1)
}

/** What the log has had since it was read last, or the end of that. */
function newText(folder: string, each: Building): string {
  try {
    const fd = openBelow(folder, each.log ?? '')
    if (fd === undefined) return ''
    try {
      const { size } = fstatSync(fd)
      const from = Math.max(Math.min(each.offset, size), size - MOST_BYTES)
      each.offset = size
      return readAt(fd, Buffer.alloc(size - from), from).toString('utf8')
    } finally {
      closeSync(fd)
    }
  } catch {
    // To be watched is no reason for a build to fail.
    return ''
  }
}

/** The phase after these lines, and the last of them that says anything. */
function readLines(text: string, before: string): { phase: string; line: string } {
  let phase = before
  let last = ''
  for (const line of text.split(/[\r\n]/)) {
    if (line.trim() !== '') last = line
    // What is merged writes into its log too, but is past all of these.
    if (before === 'merge' || !line.startsWith('>>> ')) continue
    const found = PHASES.find(([begin]) => begin.test(line))?.[1]
    if (found !== undefined) phase = found
    else if (phase === 'package' && line === '>>> Done.') phase = 'wait'
  }
  return {
    phase,
    line: plainText(last.slice(0, 4 * LONGEST_LINE))
      .trim()
      .slice(0, LONGEST_LINE),
  }
}
