// The differences of files as they are told: by package, with how many there are of each kind and cause; pure.

import { splitCpv } from '../portage/cpv.js'
import type { DifferenceCause } from './explain/explanation.js'
import type { DifferenceKind, FileDifference } from './file-differences.js'

/** Files of one package that differ. */
export interface FileGroup {
  /** `category/name`, or undefined for files that no package owns. */
  readonly package: string | undefined
  readonly files: readonly FileDifference[]
}

/** Groups `files` by the names of their packages, in order; what nobody owns comes last. */
export function groupByPackage(files: readonly FileDifference[]): FileGroup[] {
  const groups = new Map<string, FileDifference[]>()
  for (const file of files) {
    const name = file.package === undefined ? '' : splitCpv(file.package).cp
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [file])
    else group.push(file)
  }
  const names = [...groups.keys()].sort((a, b) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
  return names.map((name) => ({ package: name === '' ? undefined : name, files: groups.get(name) ?? [] }))
}

/** How many files differ, in what, and why. */
export interface Tally {
  readonly kinds: Readonly<Partial<Record<DifferenceKind, number>>>
  readonly causes: Readonly<Partial<Record<DifferenceCause, number>>>
  /** Contents that the causes account for. */
  readonly explained: number
  /** Contents that they do not. */
  readonly unexplained: number
  /** Files of which only the time differs. */
  readonly mtimeOnly: number
}

/** Counts `files`. */
export function tally(files: readonly FileDifference[]): Tally {
  const kinds: Partial<Record<DifferenceKind, number>> = {}
  const causes: Partial<Record<DifferenceCause, number>> = {}
  let [explained, unexplained, mtimeOnly] = [0, 0, 0]
  for (const { differences } of files) {
    if (isMtimeOnly(differences)) mtimeOnly++
    for (const { kind, why } of differences) {
      kinds[kind] = (kinds[kind] ?? 0) + 1
      if (why === undefined) continue
      for (const cause of why.causes) causes[cause] = (causes[cause] ?? 0) + 1
      if (why.isExplained) explained++
      else unexplained++
    }
  }
  return { kinds, causes, explained, unexplained, mtimeOnly }
}

/** Whether only the time of a file differs. */
export const isMtimeOnly = (differences: FileDifference['differences']): boolean =>
  differences.length === 1 && differences[0]?.kind === 'mtime'
