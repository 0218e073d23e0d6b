// Makes files of a finished root one file again that are one in a layer below it. Portage leaves a file alone that is as it
// was, but for its time: overlayfs then copies that one name up, and cuts it off from the others.

import { linkSync, lstatSync, readdirSync, readFileSync, realpathSync, renameSync, type Stats } from 'node:fs'
import path from 'node:path'

/**
 * Links names of `root` that are names of one file in a layer, and still have its content and all the same owner, mode and
 * time: what a root without layers has. Other names stay as they are.
 *
 * @param root an overlay of an upper folder and `layers`, writable
 */
export function keepLinks(root: string, layers: readonly string[]): void {
  for (const layer of layers)
    for (const names of linkedNames(layer)) {
      const kept = names.filter((name) => isUnchanged(path.join(root, name), path.join(layer, name)))
      const first = kept[0]
      if (first !== undefined) for (const name of kept) join(path.join(root, first), path.join(root, name))
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
  // A link among its folders could lead out of the root.
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true || realpathSync(folder) !== folder)
    return false
  return lstatSync(file).size === lstatSync(before).size && readFileSync(file).equals(readFileSync(before))
}

function join(first: string, other: string): void {
  const [a, b] = [lstatSync(first), lstatSync(other)]
  const isOne = a.dev === b.dev && a.ino === b.ino
  if (isOne || !FACTS.every((fact) => a[fact] === b[fact])) return
  const aside = `${other}.bootstrap_sdk-link`
  linkSync(first, aside)
  renameSync(aside, other)
}

const FACTS = ['mode', 'uid', 'gid', 'mtimeMs'] as const satisfies (keyof Stats)[]
