// The device nodes and fifos that a root file system may bring along: the usual ones of /dev, with their usual numbers.

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
  [/^initctl$/, 'fifo', 0, () => 0],
]

/** Whether `entry`, a device node or fifo, is one of them. A disk under the name of /dev/null is not. */
export function isUsualDevice(entry: TarEntry): boolean {
  const name = /^(?:\.?\/+)*dev\/+([A-Za-z0-9]+)$/.exec(entry.path.toString('latin1'))?.[1]
  if (name === undefined) return false
  return NODES.some(([pattern, type, major, minorOf]) => {
    const match = pattern.exec(name)
    if (match === null || type !== entry.type) return false
    return major === entry.device.major && minorOf(match[1] ?? '') === entry.device.minor
  })
}
