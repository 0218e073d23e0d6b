// Why two files of Portage's package database differ.

import { because, type DifferenceCause, type Explanation, unexplained } from './explanation.js'

/** What differs from build to build and says nothing about the package. */
const OF_A_BUILD: Readonly<Record<string, DifferenceCause>> = {
  COUNTER: 'counter',
  BUILD_TIME: 'timestamp',
  BINPKGMD5: 'binpkg',
  '#dir_mtime': 'timestamp',
}

/** Why two files named `path` in /var/db/pkg differ, or undefined when there is no rule of its own for that. */
export function explainDatabase(path: string, a: string, b: string): Explanation | undefined {
  const name = /(?:^|\/)var\/db\/pkg\/[^/]+\/[^/]+\/([^/]+)$/.exec(path)?.[1] ?? ''
  const cause = OF_A_BUILD[name]
  if (cause !== undefined) return because(cause)
  if (name === 'CONTENTS') return explainContents(a, b)
  return name === 'metadata' ? explainMetadata(a, b) : undefined
}

/** The same names with other digests or times: what differs is the files, which are told themselves. */
function explainContents(a: string, b: string): Explanation {
  const [left, right] = [names(a), names(b)]
  const [sortedLeft, sortedRight] = [left.toSorted(), right.toSorted()]
  if (sortedLeft.join('\n') !== sortedRight.join('\n')) return unexplained({ lines: onlyLines(left, right) })
  return left.join('\n') === right.join('\n') ? because('listing') : because('listing', 'order')
}

/** `obj PATH MD5 MTIME` and `sym PATH -> TARGET MTIME` without what stands for the content. */
const names = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^(obj .*) [0-9a-f]{32} \d+$/, '$1').replace(/^(sym .*) \d+$/, '$1'))

/** `NAME=value` lines, the whole entry in one file. */
function explainMetadata(a: string, b: string): Explanation {
  const causes: DifferenceCause[] = []
  const plain = (text: string): string[] =>
    text.split('\n').filter((line) => OF_A_BUILD[line.split('=')[0] ?? ''] === undefined)
  for (const [name, cause] of Object.entries(OF_A_BUILD)) {
    const value = (text: string): string | undefined => new RegExp(`^${name}=.*`, 'm').exec(text)?.[0]
    if (value(a) !== value(b)) causes.push(cause)
  }
  const [left, right] = [plain(a), plain(b)]
  return left.join('\n') === right.join('\n')
    ? because(...causes)
    : unexplained({ lines: onlyLines(left, right) }, causes)
}

function onlyLines(left: readonly string[], right: readonly string[]): NonNullable<Explanation['lines']> {
  const other = (these: readonly string[], those: readonly string[]): string[] => {
    const known = new Set(those)
    return these.filter((line) => !known.has(line))
  }
  const [onlyLeft, onlyRight] = [other(left, right), other(right, left)]
  return { a: onlyLeft.length, b: onlyRight.length, first: [onlyLeft[0] ?? '', onlyRight[0] ?? ''] }
}
