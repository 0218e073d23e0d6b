// What in a package database depends on when and on which machine it was made, levelled so that equal builds give equal
// databases. Pure; docs/reproducibility.md says what and why.

import { splitCpv } from '../cpv.js'

/** Files of a package's entry that are dropped: a cache by the time of its folder, the digest of a package not kept. */
export const DROPPED = ['metadata', 'BINPKGMD5'] as const

/** A CONTENTS line: `dir PATH`, `obj PATH MD5 MTIME`, `sym PATH -> TARGET MTIME`; `fif` and `dev` as `dir`. */
const LINE = /^(?:(obj) (.+) ([0-9a-f]{32}) (\d+)|(sym) (.+) \d+)$/

/**
 * `text` with the times that the files have in the archive (links: `epoch`), and its lines by path.
 *
 * @param epoch no time is later, in seconds: that of the archive
 * @param digests new MD5 by path, of files that were changed after they were merged
 */
export function levelContents(text: string, epoch: number, digests: ReadonlyMap<string, string>): string {
  const time = (seconds: string): number => Math.min(Number(seconds), epoch)
  const lines = text.split('\n').filter((line) => line !== '')
  const levelled = lines.map((line) => {
    const [, obj, path = '', md5 = '', objTime = '', sym, link = ''] = LINE.exec(line) ?? []
    if (obj !== undefined) return { path, line: `obj ${path} ${digests.get(path) ?? md5} ${time(objTime)}` }
    if (sym !== undefined) return { path: link.split(' -> ')[0] ?? link, line: `sym ${link} ${epoch}` }
    return { path: line.slice(4), line }
  })
  levelled.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return levelled.map(({ line }) => `${line}\n`).join('')
}

/** BUILD_TIME, not later than `epoch`. */
export const levelBuildTime = (text: string, epoch: number): string =>
  `${Math.min(Number(text.trim()) || 0, epoch)}\n`

/** BUILD_ID: Portage ends it with a line break where it has built the package, and without one where it took the binary one. */
export const levelBuildId = (text: string): string => `${text.trim()}\n`

/**
 * The saved environment without the number of threads that the machine's compressor was started with, without the
 * build's number, which is there only if the package was not a binary one, without the folder that a compiler cache has before PATH
 * (stages/lib/ccache.sh), and without variables that have no value: Portage leaves
 * some of its own behind when it merges a binary package.
 */
export const levelEnvironment = (text: string): string =>
  text
    .replace(/^(declare -x PORTAGE_COMPRESSION_COMMAND="\w+ )-T\d+/m, '$1-T0')
    .replace(/^declare -x BUILD_ID="\d*"\n/m, '')
    .replace(/^declare -x __PORTAGE_TEST_PATH_OVERRIDE="\/var\/tmp\/ccache\/bin"\n/m, '')
    .replace(/^declare -- \w+\n/gm, '')

/**
 * COUNTERs from 1 on. Portage asks them which of two packages of one name was merged last, so within a name their order
 * stays; that between names is the order in which parallel jobs happened to end.
 *
 * @param counters by cpv; @returns the new ones
 */
export function levelCounters(counters: ReadonlyMap<string, number>): Map<string, number> {
  const order = [...counters].sort(([a, one], [b, other]) => {
    const [left, right] = [splitCpv(a).cp, splitCpv(b).cp]
    return left < right ? -1 : left > right ? 1 : one - other
  })
  return new Map(order.map(([cpv], index) => [cpv, index + 1]))
}
