// Makes files of a finished root one file again that are one in a layer below it. Portage leaves a file alone that is as it
// was, but for its time: overlayfs then copies that one name up, and cuts it off from the others.

import {
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  type Stats,
} from 'node:fs'
import path from 'node:path'

/**
 * Links names of `root` that are names of one file in a layer, and still have its content and all the same owner, mode and
 * time: what a root without layers has. Other names stay as they are. Extended attributes are not compared: those of the
 * first name hold for all.
 *
 * @param root an overlay of an upper folder and `layers`, writable
 */
export function keepLinks(root: string, layers: readonly string[]): void {
  for (const layer of layers)
    for (const names of linkedNames(layer)) {
      const kept = names.filter((name) => isUnchanged(path.join(root, name), path.join(layer, name)))
      for (const group of alike(kept.map((name) => path.join(root, name)))) makeOne(group)
    }
}

/** The names below `layer` of each file that has several, sorted. Names that are no UTF-8 are left out. */
function linkedNames(layer: string): string[][] {
  const names = new Map<number, string[]>()
  const visit = (folder: string): void => {
    for (const entry of readdirSync(path.join(layer, folder), { withFileTypes: true })) {
      const name = path.join(folder, entry.name)
      if (entry.isDirectory()) visit(name)
      const stats = entry.isFile() ? lstatSync(path.join(layer, name), { throwIfNoEntry: false }) : undefined
      if (stats !== undefined && stats.nlink > 1)
        names.set(stats.ino, [...(names.get(stats.ino) ?? []), name])
    }
  }
  visit('.')
  return [...names.values()].filter((group) => group.length > 1).map((group) => group.sort())
}

function isUnchanged(file: string, before: string): boolean {
  const folder = path.dirname(file)
  try {
    // A link among its folders could lead out of the root.
    if (!lstatSync(file).isFile() || realpathSync(folder) !== folder) return false
  } catch (error) {
    // The file is gone, or a folder above it is a file now.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
  return lstatSync(file).size === lstatSync(before).size && haveSameBytes(file, before)
}

/** Piece by piece: a file of a root may be larger than what fits into a buffer. */
function haveSameBytes(one: string, other: string): boolean {
  const files = [one, other].map((file) => ({ fd: openSync(file, 'r'), piece: Buffer.allocUnsafe(PIECE) }))
  try {
    for (let at = 0; ; at += PIECE) {
      const [a, b] = files.map(({ fd, piece }) => piece.subarray(0, readSync(fd, piece, 0, PIECE, at)))
      if (a === undefined || b === undefined || !a.equals(b)) return false
      if (a.length < PIECE) return true
    }
  } finally {
    for (const { fd } of files) closeSync(fd)
  }
}

const PIECE = 1024 * 1024

const FACTS = ['mode', 'uid', 'gid', 'mtimeMs'] as const satisfies (keyof Stats)[]

/** Files by what links of one file have in common. */
function alike(files: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const file of files) {
    const stats = lstatSync(file)
    const key = FACTS.map((fact) => stats[fact]).join()
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  return [...groups.values()]
}

/** All are linked anew, or none: overlayfs copies the first one up, which cuts it off from those that were still one with it. */
function makeOne([first, ...others]: readonly string[]): void {
  if (first === undefined) return
  const isFirst = (file: string): boolean => {
    const [a, b] = [lstatSync(first), lstatSync(file)]
    return a.dev === b.dev && a.ino === b.ino
  }
  if (others.every(isFirst)) return
  for (const other of others) {
    const aside = `${other}.bootstrap_sdk-link`
    linkSync(first, aside)
    renameSync(aside, other)
  }
}
