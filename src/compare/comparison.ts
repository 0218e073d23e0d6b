// Compares two roots, archive or folder each: both are read once, and a second time only where contents differ.

import { explainDifferences } from './explain/closer-look.js'
import type { Inventory } from './facts.js'
import { type FileDifference, findFileDifferences } from './file-differences.js'
import { type Ignorable, withoutIgnored, withoutIgnoredPackages } from './ignore.js'
import { takeInventory } from './inventory.js'
import { findPackageDifferences, type PackageDifferences } from './package-differences.js'
import type { ReadingHow, Subject } from './subject.js'

/** One side to compare. */
export interface Compared extends Subject {
  /** Origin of packages by cpv (`source`, `carried` …), from a record beside the archive. */
  readonly origins: ReadonlyMap<string, string>
}

/** How two roots differ. */
export interface Comparison {
  readonly a: Inventory
  readonly b: Inventory
  readonly packages: PackageDifferences
  /** By path. */
  readonly files: readonly FileDifference[]
  /** Whether nothing differs, but for what was to be ignored. */
  readonly isEqual: boolean
}

/**
 * Compares `a` with `b`.
 *
 * @param ignore differences that do not count, and are not told
 * @throws SdkError SDK_ARCHIVE when a side cannot be read; SDK_SPACE when the temporary folder is full
 */
export async function compareRoots(
  { a, b, ignore }: { a: Compared; b: Compared; ignore: ReadonlySet<Ignorable> },
  how: ReadingHow,
): Promise<Comparison> {
  const [left, right] = await bothInventories(a, b, how)
  const packages = withoutIgnoredPackages(findPackageDifferences(left.packages, right.packages), ignore)
  const found = withoutIgnored(findFileDifferences(left, right), ignore)
  const sides = { a: { subject: a, inventory: left }, b: { subject: b, inventory: right } }
  await explainDifferences(found, sides, how)
  const files = withoutIgnored(found, ignore)
  const hasPackages = packages.missing.length + packages.added.length + packages.changed.length > 0
  return { a: left, b: right, packages, files, isEqual: files.length === 0 && !hasPackages }
}

/** Both at once: most of the time goes into two decompressors. The failure of one ends the other. */
async function bothInventories(
  a: Compared,
  b: Compared,
  { signal, emit }: ReadingHow,
): Promise<[Inventory, Inventory]> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const take = async (side: Compared): Promise<Inventory> => {
    try {
      return await takeInventory(side, side.origins, { signal: either, emit })
    } catch (error) {
      stop.abort(error)
      throw error
    }
  }
  const both = [take(a), take(b)] as const
  try {
    return await Promise.all(both)
  } finally {
    await Promise.allSettled(both)
  }
}
