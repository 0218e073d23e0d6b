// Which files differ between two inventories, and in what; pure. Why contents differ is found later (closer-look.ts).

import type { Explanation } from './explain/explanation.js'
import type { FileFacts, Inventory } from './facts.js'

/** What can differ about a file, in the order in which it is told. */
export const DIFFERENCE_KINDS = [
  'missing',
  'added',
  'type',
  'content',
  'target',
  'mode',
  'owner',
  'links',
  'xattrs',
  'acls',
  'mtime',
] as const

/** One of {@link DIFFERENCE_KINDS}. `missing`: only the first side has the file; `added`: only the second. */
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

/** One difference of one file: what it is on either side, as text for people. */
export interface Difference {
  readonly kind: DifferenceKind
  readonly a: string | null
  readonly b: string | null
  /** Of a content: why it differs. */
  why?: Explanation
}

/** A file that differs. */
export interface FileDifference {
  /** Byte string without leading `./`. */
  readonly path: string
  /** The package that owns it, `category/name-version`: the second side's where both have one. */
  readonly package: string | undefined
  readonly differences: readonly Difference[]
}

/** The files of `a` and `b` that differ, by path. */
export function findFileDifferences(a: Inventory, b: Inventory): FileDifference[] {
  const found = new Map<string, Difference[]>()
  const look = (path: string): void => {
    const differences = compareFacts(a.files.get(path), b.files.get(path))
    if (differences.length > 0) found.set(path, differences)
  }
  for (const path of a.files.keys()) look(path)
  for (const path of b.files.keys()) if (!a.files.has(path)) look(path)
  const wanted = new Set(found.keys())
  const [left, right] = [a.owners(wanted), b.owners(wanted)]
  return [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, differences]) => ({ path, package: right.get(path) ?? left.get(path), differences }))
}

function compareFacts(a: FileFacts | undefined, b: FileFacts | undefined): Difference[] {
  if (a === undefined || b === undefined) {
    if (a !== undefined) return [{ kind: 'missing', a: inWords(a), b: null }]
    return b === undefined ? [] : [{ kind: 'added', a: null, b: inWords(b) }]
  }
  const differences: Difference[] = []
  const note = (kind: DifferenceKind, text: (facts: FileFacts) => string): void => {
    const [left, right] = [text(a), text(b)]
    if (left !== right) differences.push({ kind, a: left, b: right })
  }
  note('type', ({ type }) => type)
  if (a.type === b.type) {
    if (a.digest !== b.digest)
      differences.push({ kind: 'content', a: `${a.size} bytes`, b: `${b.size} bytes` })
    note('target', ({ target }) => target)
  }
  note('mode', ({ mode }) => mode.toString(8).padStart(4, '0'))
  note('owner', ({ uid, gid }) => `${uid}:${gid}`)
  note('links', ({ links }) => (links ?? []).join(' '))
  note('xattrs', ({ xattrs }) => xattrs.trim())
  note('acls', ({ acls }) => acls.trim())
  note('mtime', ({ mtime }) => timeText(mtime))
  return differences
}

const inWords = ({ type, size }: FileFacts): string => (type === 'file' ? `${size} bytes` : type)

/** ISO 8601 with the fraction that the archive has. */
function timeText(seconds: number): string {
  const whole = Math.floor(seconds)
  const fraction = seconds === whole ? '' : (seconds - whole).toFixed(9).slice(1).replace(/0+$/, '')
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}${fraction}Z`
}
