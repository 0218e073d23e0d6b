// What a comparison can be told to take no notice of; pure.

import { DIFFERENCE_KINDS, type FileDifference } from './file-differences.js'
import type { PackageDifferences } from './package-differences.js'

/** Kinds of differences of files, and `explained`: contents with known harmless causes, and packages' build times. */
export const IGNORABLE = [...DIFFERENCE_KINDS, 'explained'] as const

/** One of {@link IGNORABLE}. */
export type Ignorable = (typeof IGNORABLE)[number]

/** `files` without the differences in `ignore`, and without the files that then have none. */
export function withoutIgnored(
  files: readonly FileDifference[],
  ignore: ReadonlySet<Ignorable>,
): FileDifference[] {
  if (ignore.size === 0) return [...files]
  return files.flatMap((file) => {
    const differences = file.differences.filter(
      ({ kind, why }) => !ignore.has(kind) && !(why?.isExplained === true && ignore.has('explained')),
    )
    return differences.length === 0 ? [] : [{ ...file, differences }]
  })
}

/** `packages` without those that only differ in when they were built, where that is ignored. */
export function withoutIgnoredPackages(
  packages: PackageDifferences,
  ignore: ReadonlySet<Ignorable>,
): PackageDifferences {
  if (!ignore.has('explained')) return packages
  const changed = packages.changed.flatMap((each) => {
    const differences = each.differences.filter((kind) => kind !== 'buildTime')
    return differences.length === 0 ? [] : [{ ...each, differences }]
  })
  return { ...packages, changed, same: packages.same + packages.changed.length - changed.length }
}
