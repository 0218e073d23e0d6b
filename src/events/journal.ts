// The journal: one JSON line per event, appended as it happens. A kill at any moment leaves at most one torn line.

import fs from 'node:fs'
import path from 'node:path'
import { explainSystemError, hostError } from '../errors.js'
import { openToAppendSync } from '../files/append.js'
import { openFileSync, readEnd } from '../files/read.js'
import { checkEvent } from './check-event.js'
import type { Event, Listener } from './event.js'

const NEWLINE = 0x0a

const FLEETING: ReadonlySet<Event['type']> = new Set([
  'output',
  'package-output',
  'download-progress',
  'work-progress',
])

/** Whether an event is of no use later, and there are many of them: it is not kept. */
export const isFleeting = (event: Event): boolean => FLEETING.has(event.type)

/**
 * Opens (or goes on with) the journal at `file`; its folder is made. Every event but the fleeting ones is one line, written before `on`
 * returns. Lines are never changed or removed: a resumed run appends to the journal of the earlier one.
 *
 * @returns a listener whose `on` and `close` throw what the disk says; the bus keeps the first error
 * @throws SdkError SDK_HOST when it cannot be opened; SDK_SPACE when space, inodes or quota are used up; while it is written,
 *   otherwise the system's error
 */
export function createJournal(file: string): Listener {
  const fd = open(file)
  // Looked at when the first event is there: only then is it sure that no other run writes here.
  let torn: boolean | undefined
  return {
    on(event) {
      if (isFleeting(event)) return
      torn ??= explained(file, () => endsTorn(fd))
      const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(event)}\n`)
      // Until the last byte is down, the line counts as torn: the next one then starts on a line of its own.
      torn = true
      explained(file, () => writeAll(fd, line))
      torn = false
    },
    close() {
      // File systems that allocate late (NFS, quotas) report a full disk only here.
      try {
        explained(file, () => fs.fsyncSync(fd))
      } finally {
        fs.closeSync(fd)
      }
    },
  }
}

function explained<T>(file: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw explainSystemError(error, file)
  }
}

function open(file: string): number {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    return openToAppendSync(file)
  } catch (error) {
    throw hostError(error, file, {
      message: 'the journal cannot be written',
      hint: `move ${file} away if it is a link, or no file: each version has a journal of its own there`,
    })
  }
}

function endsTorn(fd: number): boolean {
  const { size } = fs.fstatSync(fd)
  const last = Buffer.alloc(1)
  return size > 0 && fs.readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE
}

function writeAll(fd: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += fs.writeSync(fd, bytes, written)
}

/** Longer lines are no events: a failure with 40 lines of a log, each cut at 64 KiB, is the longest. */
const LONGEST_LINE = 4 * 1024 * 1024
const CHUNK = 64 * 1024
/** Bytes; their events take about five times that of the engine's memory. */
const MOST_OF_A_JOURNAL = 4 * 1024 * 1024

/** Told the number, from 1, of each line that is torn. */
type OnTorn = (line: number) => void

/**
 * The events of a journal, in their order, one at a time: a journal of many runs does not fit into the memory of the engine.
 * Torn lines (a killed process, a full disk) are left out, and so are event types that this version does not know.
 *
 * @throws SdkError SDK_VERIFY when a whole line is no event of this schema; SDK_HOST when it is no file, or cannot be read; the
 *   system's error when there is none (ENOENT)
 */
export function* journalEvents(file: string, onTorn: OnTorn = () => {}): Generator<Event> {
  for (const { event } of eventsAndSizes(file, onTorn)) yield event
}

/**
 * The newest events of a journal, up to `most` bytes of it; of what is older the last word on each stage, and the start of the
 * newest run if that is so long.
 *
 * @throws as {@link journalEvents}
 */
export function readJournal(file: string, onTorn: OnTorn = () => {}, most = MOST_OF_A_JOURNAL): Event[] {
  let [kept, keptBytes, events, bytes]: [Event[], number, Event[], number] = [[], 0, [], 0]
  let older: Event[] = []
  for (const { event, size } of eventsAndSizes(file, onTorn)) {
    events.push(event)
    bytes += size
    // Two halves, of which the older one is dropped whole: nothing is moved for each event.
    if (bytes < most / 2) continue
    if (keptBytes > 0) older = lastWords([...older, ...kept])
    ;[kept, keptBytes, events, bytes] = [events, bytes, [], 0]
  }
  return [...older, ...kept, ...events]
}

/** Of {@link lastEvents}: more than the end of a run and the start of the next one take. */
const TAIL_BYTES = 64 * 1024

/** The last `count` events of a journal, or what it has; none where a line of these is torn, or longer than usual, or cannot be read. */
export function lastEvents(file: string, count: number): Event[] {
  try {
    const fd = openFileSync(file)
    try {
      // Behind the last line there is nothing.
      const lines = readEnd(fd, TAIL_BYTES).toString('utf8').split('\n')
      return lines.slice(-1 - count, -1).flatMap((line) => checkEvent(JSON.parse(line), file) ?? [])
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    return []
  }
}

/** Of each stage what was said last, and the last start of a run, in their order. */
function lastWords(events: readonly Event[]): Event[] {
  const last = new Map<string, Event>()
  for (const event of events) {
    if (event.type === 'run-started') last.set('', event)
    if (STAGE_WORDS.has(event.type)) last.set((event as { stage: string }).stage, event)
  }
  return events.filter((event) => [...last.values()].includes(event))
}

const STAGE_WORDS: ReadonlySet<Event['type']> = new Set(['stage-started', 'stage-finished', 'stage-failed'])

function* eventsAndSizes(file: string, onTorn: OnTorn): Generator<{ event: Event; size: number }> {
  let number = 0
  for (const line of linesOf(file)) {
    number += 1
    if (line?.length === 0) continue
    const value = line === undefined ? undefined : parse(line.toString('utf8'))
    if (value === undefined) onTorn(number)
    const event = value === undefined ? undefined : checkEvent(value, `${file}:${number}`)
    if (event !== undefined) yield { event, size: line?.length ?? 0 }
  }
}

/** No file at all is a version without runs, which is for others to say. */
function openToRead(file: string): number {
  try {
    return openFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    throw hostError(error, file, {
      message: `the journal ${file} cannot be read`,
      hint: 'move it away: the next run of the version begins a new one',
    })
  }
}

/** The lines of a file; undefined for one that is longer than any event. */
function* linesOf(file: string): Generator<Buffer | undefined> {
  const fd = openToRead(file)
  try {
    let parts: Buffer[] = []
    let length = 0
    const take = (part: Buffer): void => {
      length += part.length
      if (length <= LONGEST_LINE) parts.push(part)
      else parts = []
    }
    const line = (): Buffer | undefined => {
      const whole = length <= LONGEST_LINE ? Buffer.concat(parts) : undefined
      parts = []
      length = 0
      return whole
    }
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK)
      const read = fs.readSync(fd, chunk, 0, CHUNK, null)
      if (read === 0) break
      let begin = 0
      for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < read; end = chunk.indexOf(NEWLINE, begin)) {
        take(chunk.subarray(begin, end))
        yield line()
        begin = end + 1
      }
      take(chunk.subarray(begin, read))
    }
    if (length > 0) yield line()
  } finally {
    fs.closeSync(fd)
  }
}

/** A torn line of JSON objects never parses: its closing brace is missing. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
