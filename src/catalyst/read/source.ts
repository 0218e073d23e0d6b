// The seed that `source_subpath` names: a file below the builds, with or without its suffix.

import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { sideFiles } from '../../store/layout.js'

/** Endings of archives, as catalyst and this program name them. */
const ARCHIVE = /^\.(?:tar(?:\.(?:zst|bz2|xz|gz|zstd))?|tbz2|txz|tgz|tzst)$/

/** The seed, or in words why there is none. */
export type FoundSource = { readonly file: string } | { readonly problem: string }

/**
 * Finds the archive of `subpath` below `builds`: that file itself, or the one `SUBPATH.SUFFIX` that is an archive.
 * Signatures, digests and lists beside it are not archives. Of several, the only one with a record counts.
 */
export function findSource(builds: string, subpath: string): FoundSource {
  const exact = path.join(builds, subpath)
  if (isFile(exact)) return { file: exact }
  const folder = path.dirname(exact)
  const name = path.basename(exact)
  const names = existsSync(folder) ? readdirSync(folder) : []
  const candidates = names
    .filter((each) => each.startsWith(`${name}.`) && ARCHIVE.test(each.slice(name.length)))
    .map((each) => path.join(folder, each))
    .filter(isFile)
    .sort()
  const recorded = candidates.filter((each) => isFile(sideFiles(each).record))
  const [first, second] = candidates.length > 1 && recorded.length === 1 ? recorded : candidates
  if (first === undefined) return { problem: `there is no ${exact}, and no archive ${exact}.tar.*` }
  if (second === undefined) return { file: first }
  const all = candidates.map((each) => path.basename(each)).join(', ')
  return { problem: `several archives fit: ${all} in ${folder}; name one with its suffix` }
}

const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true
