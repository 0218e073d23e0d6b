// What a stage's root says of its packages, read from its tree in the store: who depends on whom, and the world file. Layers
// are of other people's code: no link in them is followed.

import { type Atom, dependencyAtoms, parseAtom } from '../../portage/atoms.js'
import { readBelow } from '../../store/hostile/held-folder.js'
import { type Layout, storePaths } from '../../store/layout.js'
import { findTree } from '../../store/trees/tree-file.js'

/** Kinds of dependencies, by the name of their file in Portage's database, and what each is for. */
const KINDS = {
  RDEPEND: 'to run',
  PDEPEND: 'after it',
  DEPEND: 'to be built',
  BDEPEND: 'to be built',
  IDEPEND: 'to be installed',
} as const

/** What a package depends on. */
export interface Dependency extends Atom {
  readonly purpose: (typeof KINDS)[keyof typeof KINDS]
}

/** What is known of a root. */
export interface InstalledFacts {
  readonly dependencies: ReadonlyMap<string, readonly Dependency[]>
  /** Bytes of each package's files, where that is known. */
  readonly sizes: ReadonlyMap<string, number>
  /** The atoms of the world file. */
  readonly world: readonly string[]
}

const MOST = 4 * 1024 * 1024

/**
 * What the root of the archive `sha256` says of `packages`, those that its record has; undefined when its tree is not in the store,
 * or may not be read.
 *
 * @param packages `category/name-version`
 */
export async function readInstalled(
  layout: Layout,
  sha256: string,
  packages: readonly string[],
): Promise<InstalledFacts | undefined> {
  const tree = await findTree(storePaths(layout.store), sha256).catch(() => undefined)
  if (tree === undefined) return undefined
  const read = (file: string): string | undefined => firstOf(tree.layers, file)
  try {
    const dependencies = new Map(packages.map((cpv) => [cpv, dependenciesOf(cpv, read)]))
    const world = (read('var/lib/portage/world') ?? '').split('\n').filter((line) => line.trim() !== '')
    return { dependencies, sizes: sizesOf(packages, read), world }
  } catch {
    return undefined
  }
}

/** Upper layers hide lower ones; of a package that was touched only, the upper one has not all files. */
function firstOf(layers: readonly string[], file: string): string | undefined {
  for (const layer of layers) {
    const text = readBelow(layer, file, MOST)
    if (text !== undefined) return text
  }
  return undefined
}

function dependenciesOf(cpv: string, read: (file: string) => string | undefined): Dependency[] {
  return Object.entries(KINDS).flatMap(([kind, purpose]) =>
    dependencyAtoms(read(`var/db/pkg/${cpv}/${kind}`) ?? '').map((atom) => ({ ...atom, purpose })),
  )
}

function sizesOf(
  packages: readonly string[],
  read: (file: string) => string | undefined,
): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const cpv of packages) {
    const text = read(`var/db/pkg/${cpv}/SIZE`)?.trim() ?? ''
    if (/^\d{1,15}$/.test(text)) sizes.set(cpv, Number(text))
  }
  return sizes
}

/** A package that wants another one. */
export interface Wanting {
  readonly cpv: string
  readonly purposes: readonly Dependency['purpose'][]
  /** Another one would do as well. */
  readonly isOneOf: boolean
}

/** Which of the packages of `facts` want the package `cp` of this slot, by name. */
export function whoWants(facts: InstalledFacts, { cp, slot }: { cp: string; slot: string }): Wanting[] {
  const [ownSlot] = slot.split('/')
  const found: Wanting[] = []
  for (const [cpv, dependencies] of facts.dependencies) {
    const meant = dependencies.filter(
      (each) => each.cp === cp && (each.slot === undefined || each.slot === ownSlot),
    )
    if (meant.length === 0) continue
    const purposes = [...new Set(meant.map(({ purpose }) => purpose))]
    found.push({ cpv, purposes, isOneOf: meant.every(({ isOneOf }) => isOneOf) })
  }
  return found.sort((a, b) => (a.cpv < b.cpv ? -1 : 1))
}

/** Whether one of the atoms, which may have a star of the system set in front, names the package. */
export const isListed = (atoms: readonly string[], cp: string): boolean =>
  atoms.some((text) => parseAtom(text.replace(/^\*/, ''))?.cp === cp)
