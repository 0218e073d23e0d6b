// The device nodes that a root file system may bring along: the usual ones of /dev, with their usual numbers, and wherever else
// a package has made them those that no harm can be done with.

import type { TarEntry } from './entry.js'

/** Name below /dev → type and numbers (the kernel's list of allocated devices, admin-guide/devices). */
const NODES: readonly [RegExp, TarEntry['type'], number, (match: string) => number][] = [
  [/^null$/, 'char', 1, () => 3],
  [/^zero$/, 'char', 1, () => 5],
  [/^full$/, 'char', 1, () => 7],
  [/^random$/, 'char', 1, () => 8],
  [/^urandom$/, 'char', 1, () => 9],
  [/^kmsg$/, 'char', 1, () => 11],
  [/^tty$/, 'char', 5, () => 0],
  [/^console$/, 'char', 5, () => 1],
  [/^ptmx$/, 'char', 5, () => 2],
  [/^tty(\d|[1-5]\d|6[0-3])$/, 'char', 4, Number],
  [/^ttyS([0-3])$/, 'char', 4, (number) => 64 + Number(number)],
]

/** null, zero, full, random and urandom, as they are put below the folders that daemons go into by chroot: `MAJOR:MINOR`. */
const HARMLESS = new Set(['1:3', '1:5', '1:7', '1:8', '1:9'])

/** Whether `entry`, a device node, is one of them. A disk under the name of /dev/null is not, nor is memory under another. */
export function isUsualDevice(entry: TarEntry): boolean {
  const path = entry.path.toString('latin1')
  const { major, minor } = entry.device
  // Each slash is a turn of its own: with several in one, a name of slashes could be read in more ways than can be tried.
  const name = /^(?:\.?\/)*dev\/+([A-Za-z0-9]+)$/.exec(path)?.[1]
  if (name === undefined) return entry.type === 'char' && HARMLESS.has(`${major}:${minor}`)
  return NODES.some(([pattern, type, usual, minorOf]) => {
    const match = pattern.exec(name)
    if (match === null || type !== entry.type) return false
    return usual === major && minorOf(match[1] ?? '') === minor
  })
}
