// What builds took, for the estimates of later ones: a file of JSON lines, to which each run adds as it goes, so that a kill
// loses nothing but its own last line. For people, never an input: what cannot be read is left out.

import { appendFileSync, closeSync, lstatSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { openToAppendSync } from '../files/append.js'
import { openFileSync, readEnd } from '../files/read.js'
import { writeFileAtomic } from './disk/atomic.js'

/** Nothing takes longer than this: what says so was written by a clock, or a hand, that went wrong. */
const LONGEST_MS = 30 * 86_400_000

const amount = v.pipe(v.number(), v.finite(), v.minValue(0))
const ms = v.pipe(amount, v.maxValue(LONGEST_MS))

const LINE = v.variant('kind', [
  v.object({ kind: v.literal('package'), package: v.string(), ms }),
  v.object({
    kind: v.literal('stage'),
    /** Stages of one name with other packages take other times. */
    profile: v.string(),
    stage: v.string(),
    pieces: v.array(
      v.object({
        step: v.string(),
        name: v.optional(v.string()),
        binary: v.optional(v.boolean()),
        ms,
        log: v.optional(v.pipe(v.array(amount), v.minLength(2))),
      }),
    ),
  }),
])

/** A line: the time of a package that was built from source, or those that a finished stage of `profile` is made of. */
export type BuildTime = v.InferOutput<typeof LINE>

/** What is read of the file, from its end. */
const MOST_BYTES = 2 * 1024 * 1024

/** The lines of `file`, the oldest first; none when there is no such file. */
export function readBuildTimes(file: string): BuildTime[] {
  let fd: number
  try {
    fd = openFileSync(file)
  } catch {
    return []
  }
  try {
    return readEnd(fd, MOST_BYTES).toString('utf8').split('\n').flatMap(parse)
  } catch {
    return []
  } finally {
    closeSync(fd)
  }
}

function parse(line: string): BuildTime[] {
  try {
    const read = v.safeParse(LINE, JSON.parse(line))
    return read.success ? [read.output] : []
  } catch {
    return []
  }
}

/** Adds a line. Nothing is said of a file that cannot be written: the journal of the same disk will. */
export function addBuildTime(file: string, line: BuildTime): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    // A torn line of an earlier kill would take this one with it: an empty line is none.
    const fd = openToAppendSync(file)
    try {
      appendFileSync(fd, `\n${JSON.stringify(line)}\n`)
    } finally {
      closeSync(fd)
    }
  } catch {}
}

/** Lines of one package that are kept when the file is made anew. */
const KEPT = 5

/** Makes `file` anew with what still counts, once it is longer than what is read of it. */
export async function tidyBuildTimes(file: string, lines: readonly BuildTime[]): Promise<void> {
  const { size } = lstatSync(file, { throwIfNoEntry: false }) ?? { size: 0 }
  if (size <= MOST_BYTES) return
  const seen = new Map<string, number>()
  const kept = [...lines].reverse().filter((line) => {
    const key = line.kind === 'package' ? line.package : `${line.profile} ${line.stage}`
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return count <= (line.kind === 'package' ? KEPT : 1)
  })
  const text = kept.reverse().map((line) => `${JSON.stringify(line)}\n`)
  await writeFileAtomic(file, text.join('')).catch(() => {})
}
