// In which order versions were worked upon: a file with a line for each run. The times of what runs leave do not say it, since a
// clock can be set. It says which version is meant where none is named, and which ones `clean` keeps; nothing is built by it.

import { appendFileSync, closeSync, lstatSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { openToAppendSync } from '../files/append.js'
import { openFileSync, readEnd } from '../files/read.js'
import { writeFileAtomic } from './disk/atomic.js'
import { inRoot, type LayoutNames } from './layout.js'

/** What is read of the file, from its end. */
const MOST_BYTES = 256 * 1024

const orderFile = ({ root, type, arch }: Omit<LayoutNames, 'version'>): string =>
  inRoot(root, 'log', type, `versions-${arch}.txt`)

/** The versions of runs below the root of `names`, the last one first, each once; none of runs of programs that did not note it. */
export function workedUpon(names: Omit<LayoutNames, 'version'>): string[] {
  return [...new Set(readLines(orderFile(names)).reverse())]
}

/** Notes that a run works upon `version` from now on. Nothing is said of a file that cannot be written: the journal of the same disk will. */
export async function noteWorkedUpon(names: LayoutNames): Promise<void> {
  const file = orderFile(names)
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    const all = workedUpon(names)
    if (all[0] === names.version) return
    const { size } = lstatSync(file, { throwIfNoEntry: false }) ?? { size: 0 }
    // With each version once it is short again.
    if (size > MOST_BYTES / 2) return await writeFileAtomic(file, lines([...all.reverse(), names.version]))
    const fd = openToAppendSync(file)
    try {
      // A torn line of an earlier kill would take this one with it: an empty line is none.
      appendFileSync(fd, `\n${lines([names.version])}`)
    } finally {
      closeSync(fd)
    }
  } catch {}
}

const lines = (versions: readonly string[]): string => versions.map((each) => `${each}\n`).join('')

function readLines(file: string): string[] {
  try {
    const fd = openFileSync(file)
    try {
      return readEnd(fd, MOST_BYTES)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
    } finally {
      closeSync(fd)
    }
  } catch {
    return []
  }
}
