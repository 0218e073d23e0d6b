// The journal: one JSON line per event, appended as it happens. A kill at any moment leaves at most one torn line.

import fs from 'node:fs'
import path from 'node:path'
import { explainSystemError, hostError } from '../errors.js'
import { checkEvent } from './check-event.js'
import type { Event, Listener } from './event.js'

const NEWLINE = 0x0a

/**
 * Opens (or goes on with) the journal at `file`; its folder is made. Every event but `output` and `download-progress` is one line, written
 * before `on` returns. Lines are never changed or removed: a resumed run appends to the journal of the earlier one.
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
      if (event.type === 'output' || event.type === 'download-progress') return
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
    return fs.openSync(file, 'a+', 0o644)
  } catch (error) {
    throw hostError(error, file, {
      message: 'the journal cannot be written',
      hint: `move ${file} away if it is not a file, or a link`,
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

/**
 * The events of a journal, in their order. Torn lines (a killed process, a full disk) are left out, and so are event
 * types that this version does not know.
 *
 * @param onTorn told the number, from 1, of each torn line
 * @throws SdkError SDK_VERIFY when a whole line is no event of this schema; the system's error when the file cannot
 * be read (ENOENT included)
 */
export function readJournal(file: string, onTorn: (line: number) => void = () => {}): Event[] {
  const events: Event[] = []
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const value = parse(line)
    if (value === undefined) onTorn(index + 1)
    const event = value === undefined ? undefined : checkEvent(value, `${file}:${index + 1}`)
    if (event !== undefined) events.push(event)
  }
  return events
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
