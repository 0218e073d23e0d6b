// The log of a pass or a package that failed. It lies in a folder that the stage could write to, so it is opened without following
// anything.

import { closeSync, fstatSync, readSync } from 'node:fs'
import path from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { readAt } from '../../files/read.js'
import { type Cause, findCauses } from '../../portage/causes.js'
import { INSIDE } from '../../sandbox/inside.js'
import { openBelow } from '../../store/hostile/held-folder.js'
import { sharedFolders } from '../plan/mounts.js'
import type { StagePlan } from '../plan/plan.js'

/** What a log tells of a failure. */
export interface FailedLog {
  readonly log: string
  /** Its last lines. */
  readonly end: string[]
  /** Those that name a cause, wherever they stand. */
  readonly causes: readonly Cause[]
}

/** Where packages log, inside a stage. */
const LOGS_INSIDE = `${INSIDE.log}/`

/**
 * The log that tells why a pass failed: that of the package, if there is one where it is said to be.
 *
 * @param failed the package's log as Portage names it inside the stage, and the pass's own
 */
export function logOf(
  plan: StagePlan,
  { failure, log }: { failure: { log: string | undefined }; log: string },
): FailedLog {
  const { log: folder } = sharedFolders(plan)
  const isNamed = failure.log?.startsWith(LOGS_INSIDE) === true
  const named = isNamed ? failure.log?.slice(LOGS_INSIDE.length) : undefined
  const end = named === undefined ? undefined : lastLines(folder, named)
  if (named !== undefined && end !== undefined)
    return { log: path.join(folder, named), end, causes: causesIn(folder, named) }
  const [own, file] = [path.dirname(log), path.basename(log)]
  return { log, end: lastLines(own, file) ?? [], causes: causesIn(own, file) }
}

/** The last lines of a log of `folder`; undefined when there is no such file. */
const lastLines = (folder: string, file: string): string[] | undefined =>
  endOf(folder, file)?.trimEnd().split('\n')

/** The end of a log of `folder`, without reading more than its last 64 KiB; undefined when there is no such file. */
export function endOf(folder: string, file: string): string | undefined {
  // What is said of its place comes from inside the stage.
  const fd = openBelow(folder, file)
  if (fd === undefined) return undefined
  try {
    const { size } = fstatSync(fd)
    const length = Math.min(size, 65536)
    return readAt(fd, Buffer.alloc(length), size - length).toString('utf8')
  } finally {
    closeSync(fd)
  }
}

/** Of a log that is longer, its end is looked at for causes: a package may write one of gigabytes, or seem to. */
const MOST_BYTES = 32 * 2 ** 20
const CHUNK = 1 << 20
/** More of one line is not looked at. */
const LONGEST = 64 * 1024

/** The causes that a log of `folder` tells, by their lines; none when there is no such file. */
function causesIn(folder: string, file: string): Cause[] {
  const fd = openBelow(folder, file)
  if (fd === undefined) return []
  try {
    const before = linesBefore(fd, fstatSync(fd).size - MOST_BYTES)
    return findCauses(linesOf(fd)).map(({ line, text }) => ({ line: line + before, text }))
  } finally {
    closeSync(fd)
  }
}

/** How many lines end before `offset`, to which the file is read. */
function linesBefore(fd: number, offset: number): number {
  const bytes = Buffer.alloc(CHUNK)
  let lines = 0
  for (let left = offset; left > 0; ) {
    const got = readSync(fd, bytes, 0, Math.min(CHUNK, left), null)
    if (got === 0) break
    for (let at = 0; at < got; at++) if (bytes[at] === NEWLINE) lines++
    left -= got
  }
  return lines
}

const NEWLINE = 0x0a

/** The lines of an open log, from where it was read to. */
function* linesOf(fd: number): Generator<string> {
  const decoder = new StringDecoder('utf8')
  const bytes = Buffer.alloc(CHUNK)
  let rest = ''
  for (let got = readSync(fd, bytes); got > 0; got = readSync(fd, bytes)) {
    const lines = (rest + decoder.write(bytes.subarray(0, got))).split('\n')
    rest = (lines.pop() ?? '').slice(0, LONGEST)
    yield* lines
  }
  if (rest !== '') yield rest
}
