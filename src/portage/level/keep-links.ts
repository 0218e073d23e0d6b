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
      const kept = names.filter((name) => isUnchanged(at(root, name), at(layer, name)))
      for (const group of alike(kept.map((name) => at(root, name)))) makeOne(group)
    }
}

/** The path of `name`, a byte string as the disk has it (latin1), below `folder`. */
const at = (folder: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')])

/** The names below `layer` of each file that has several, sorted. */
function linkedNames(layer: string): string[][] {
  const names = new Map<number, string[]>()
  const visit = (folder: string): void => {
    for (const entry of readdirSync(at(layer, folder), { withFileTypes: true, encoding: 'buffer' })) {
      const name = `${folder}${entry.name.toString('latin1')}`
      if (entry.isDirectory()) visit(`${name}/`)
      const stats = entry.isFile() ? lstatSync(at(layer, name), { throwIfNoEntry: false }) : undefined
      if (stats !== undefined && stats.nlink > 1)
        names.set(stats.ino, [...(names.get(stats.ino) ?? []), name])
    }
  }
  visit('')
  return [...names.values()].filter((group) => group.length > 1).map((group) => group.sort())
}

function isUnchanged(file: Buffer, before: Buffer): boolean {
  const folder = file.subarray(0, file.lastIndexOf('/'))
  try {
    // A link among its folders could lead out of the root.
    if (!lstatSync(file).isFile() || !realpathSync.native(folder, 'buffer').equals(folder)) return false
  } catch (error) {
    // The file is gone, or a folder above it is a file now.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
  return lstatSync(file).size === lstatSync(before).size && haveSameBytes(file, before)
}

/** Piece by piece: a file of a root may be larger than what fits into a buffer. */
function haveSameBytes(one: Buffer, other: Buffer): boolean {
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
function alike(files: readonly Buffer[]): Buffer[][] {
  const groups = new Map<string, Buffer[]>()
  for (const file of files) {
    const stats = lstatSync(file)
    const key = FACTS.map((fact) => stats[fact]).join()
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  return [...groups.values()]
}

/** All are linked anew, or none: overlayfs copies the first one up, which cuts it off from those that were still one with it. */
function makeOne([first, ...others]: readonly Buffer[]): void {
  if (first === undefined) return
  const isFirst = (file: Buffer): boolean => {
    const [a, b] = [lstatSync(first), lstatSync(file)]
    return a.dev === b.dev && a.ino === b.ino
  }
  if (others.every(isFirst)) return
  for (const other of others) {
    const aside = Buffer.concat([other, Buffer.from('.bootstrap_sdk-link')])
    linkSync(first, aside)
    renameSync(aside, other)
  }
}
