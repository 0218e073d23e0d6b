// Which packages differ between two roots, and in what; pure.

import type { PackageFacts } from './facts.js'

/** What can differ about a package that both sides have. */
export const PACKAGE_DIFFERENCE_KINDS = [
  'version',
  'subslot',
  'repository',
  'use',
  'buildTime',
  'origin',
] as const

/** One of {@link PACKAGE_DIFFERENCE_KINDS}. */
export type PackageDifferenceKind = (typeof PACKAGE_DIFFERENCE_KINDS)[number]

/** A package of which both sides have one of the same name and slot. */
export interface PackageDifference {
  readonly cp: string
  readonly slot: string
  readonly a: PackageFacts
  readonly b: PackageFacts
  readonly differences: readonly PackageDifferenceKind[]
}

/** How the packages of two roots differ. */
export interface PackageDifferences {
  /** Only the first side has them. */
  readonly missing: readonly PackageFacts[]
  /** Only the second side has them. */
  readonly added: readonly PackageFacts[]
  readonly changed: readonly PackageDifference[]
  /** How many are the same on both sides. */
  readonly same: number
}

const plainSlot = (slot: string): string => slot.split('/')[0] ?? ''
const keyOf = ({ cp, slot }: PackageFacts): string => `${cp}:${plainSlot(slot)}`

/** Compares packages of one name and slot with each other. */
export function findPackageDifferences(
  a: readonly PackageFacts[],
  b: readonly PackageFacts[],
): PackageDifferences {
  const [left, right] = [a, b].map((list) => new Map(list.map((each) => [keyOf(each), each]))) as [
    Map<string, PackageFacts>,
    Map<string, PackageFacts>,
  ]
  const changed: PackageDifference[] = []
  let same = 0
  for (const [key, one] of left) {
    const other = right.get(key)
    if (other === undefined) continue
    const differences = kindsOf(one, other)
    if (differences.length === 0) same++
    else changed.push({ cp: one.cp, slot: plainSlot(one.slot), a: one, b: other, differences })
  }
  const missing = a.filter((each) => !right.has(keyOf(each)))
  const added = b.filter((each) => !left.has(keyOf(each)))
  return { missing, added, changed, same }
}

/** What an earlier attempt has built is no other package than what this one builds. */
const madeAs = (origin: string): string => (origin === 'reused' ? 'source' : origin)

function kindsOf(a: PackageFacts, b: PackageFacts): PackageDifferenceKind[] {
  const found: [PackageDifferenceKind, boolean][] = [
    ['version', a.version !== b.version],
    ['subslot', a.slot !== b.slot],
    ['repository', a.repository !== b.repository],
    ['use', a.use.join(' ') !== b.use.join(' ')],
    ['buildTime', a.buildTime !== b.buildTime],
    // Without a record on one side nothing is known there.
    ['origin', a.origin !== undefined && b.origin !== undefined && madeAs(a.origin) !== madeAs(b.origin)],
  ]
  return found.flatMap(([kind, differs]) => (differs ? [kind] : []))
}
