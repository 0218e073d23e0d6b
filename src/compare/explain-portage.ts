// Why two files of Portage's package database differ.

import { because, type Explanation, unexplained } from './explanation.js'

/** Why two files named `path` in /var/db/pkg differ, or undefined when there is no rule of its own for that. */
export function explainDatabase(path: string, a: string, b: string): Explanation | undefined {
  const name = /(?:^|\/)var\/db\/pkg\/[^/]+\/[^/]+\/([^/]+)$/.exec(path)?.[1]
  if (name === 'COUNTER') return because('counter')
  if (name === 'BUILD_TIME') return because('timestamp')
  if (name === 'CONTENTS') return explainContents(a, b)
  return undefined
}

/** The same names with other digests or times: what differs is the files, which are told themselves. */
function explainContents(a: string, b: string): Explanation {
  const [left, right] = [names(a), names(b)]
  if (left.join('\n') === right.join('\n')) return because('listing')
  if (left.sort().join('\n') === right.sort().join('\n')) return because('listing', 'order')
  const other = (these: string[], those: string[]): string[] => {
    const known = new Set(those)
    return these.filter((line) => !known.has(line))
  }
  const [onlyLeft, onlyRight] = [other(left, right), other(right, left)]
  return unexplained({
    lines: { a: onlyLeft.length, b: onlyRight.length, first: [onlyLeft[0] ?? '', onlyRight[0] ?? ''] },
  })
}

/** `obj PATH MD5 MTIME` and `sym PATH -> TARGET MTIME` without what stands for the content. */
const names = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^(obj .*) [0-9a-f]{32} \d+$/, '$1').replace(/^(sym .*) \d+$/, '$1'))
