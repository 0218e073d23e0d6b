// Binary packages that other machines have built under the key of a stage's: taken by the rules by which a later attempt takes its
// own, and let others have.

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { builtWith } from '../../portage/built-with.js'
import { splitCpv } from '../../portage/cpv.js'
import {
  type IndexEntry,
  type PackageIndex,
  parsePackageIndex,
  renderPackageIndex,
} from '../../portage/package-index.js'
import { moveToFinalName, writeFileAtomic } from '../../store/disk/atomic.js'
import { removeTree } from '../../store/disk/remove.js'
import { makeTemporary } from '../../store/disk/temporary.js'
import { readBelow } from '../../store/hostile/held-folder.js'
import { sharedFolders } from '../plan/mounts.js'
import { packageKey } from '../plan/package-key.js'
import type { StagePlan } from '../plan/plan.js'
import type { StageServices } from '../runner.js'
import {
  CROSSDEV_FOLDER,
  dropAll,
  dropEdited,
  MOST_OF_AN_INDEX,
  readCommits,
  readSources,
  SOURCES_NOTE,
  type Sources,
  writeSources,
} from './binary-packages.js'
import type { PackageExchange, SharedFile, SharedSet } from './exchange.js'
import { withFreePackages } from './packages-lock.js'
import { provePackages } from './proved-packages.js'

/** A set's list of what its packages were built from; hidden names are not shared. */
const SOURCES = 'sources.json'

/** Portage's index, of a folder of packages and of crossdev's below it. */
const INDICES = ['', CROSSDEV_FOLDER] as const

/**
 * Takes the packages that others have built under the key of `plan`, if more of them serve than are here: two machines' are not mixed,
 * since nothing would tell which of them was built with which. The folders of `plan` are open.
 */
export async function takePackages(plan: StagePlan, services: StageServices): Promise<void> {
  const { packages: exchange } = services
  if (exchange === undefined || !isShared(plan)) return
  const { packages: folder } = sharedFolders(plan)
  const here = entriesOf(folder)
  const aside = await makeTemporary(plan.layout.root, 'packages')
  try {
    const offer = path.join(aside, 'offer')
    const how = await exchange.take(packageKey(plan), offer, filesOf(folder, here))
    if (how === undefined) return
    const sources = await usable(plan, offer, services)
    if (sources === undefined) return
    const there = entriesOf(offer)
    if (there.length <= here.length) return
    await replaceBy(offer, folder, { there, sources })
    services.emit({
      type: 'info',
      message: `${plan.stage}: ${there.length} binary packages of other machines are here now, ${how}`,
    })
  } finally {
    await removeTree(aside, plan.layout.root)
  }
}

/**
 * Lets others have the packages of a finished stage; not those of Git repositories, and what was built with these. Where another run
 * works with them now, that is said and nothing given: the next stage may be waiting for the end of this one.
 */
export async function givePackages(
  plan: StagePlan,
  { packages: exchange, emit }: StageServices,
): Promise<void> {
  if (exchange?.writes !== true || !isShared(plan)) return
  const other = await withFreePackages(plan, () => give(plan, exchange))
  if (other !== undefined)
    emit({
      type: 'info',
      message: `${plan.stage}: ${other} works with the same binary packages now: they are not put into the store`,
    })
}

async function give(plan: StagePlan, exchange: PackageExchange): Promise<void> {
  const { root } = plan.layout
  const aside = await makeTemporary(root, 'packages')
  try {
    const set = await setOf(plan, aside)
    if (set !== undefined) await exchange.give(packageKey(plan), set, root)
  } finally {
    await removeTree(aside, root)
  }
}

/** Nobody knows what the packages of a user's folder were built from; of another runner's nobody knows all that decides. */
const isShared = ({ definition, runner }: StagePlan): boolean =>
  definition.places.packages === undefined && runner === 'native'

/** A package of an index, and of which. */
interface Placed {
  readonly below: string
  readonly entry: IndexEntry
}

const fileOf = ({ below, entry }: Placed): string => path.join(below, entry.path)

const indexOf = (folder: string, below: string): PackageIndex =>
  parsePackageIndex(readBelow(path.join(folder, below), 'Packages', MOST_OF_AN_INDEX) ?? '')

/** The packages of a folder that its indices have, and that are there. */
const entriesOf = (folder: string): Placed[] =>
  INDICES.flatMap((below) =>
    existsSync(path.join(folder, below))
      ? indexOf(folder, below).entries.map((entry) => ({ below, entry }))
      : [],
  ).filter((placed) => existsSync(path.join(folder, fileOf(placed))))

const filesOf = (folder: string, all: readonly Placed[]): SharedFile[] =>
  all.map((placed) => ({ name: fileOf(placed), path: path.join(folder, fileOf(placed)) }))

/**
 * Leaves of an offer what was built from the sources of here, and is whole.
 *
 * @returns what that was built from; undefined where nothing of it serves
 */
async function usable(plan: StagePlan, offer: string, { emit }: StageServices): Promise<Sources | undefined> {
  const refuse = (why: string): undefined =>
    emit({
      type: 'warning',
      message: `${plan.stage}: the binary packages of other machines are not used: ${why}; they are built here`,
    }) as undefined
  const theirs = readSources(offer, SOURCES)
  const ours = readSources(sharedFolders(plan).packages)
  if (theirs === undefined) return refuse('nothing says what they were built from')
  if (ours === undefined || theirs.shared !== ours.shared) return refuse('they are of other repositories')
  const edited = Object.keys(theirs.packages).filter(
    (name) => ours.packages[name] !== undefined && ours.packages[name] !== theirs.packages[name],
  )
  await dropEdited(plan, offer, edited)
  return theirs
}

/** The note that says what the packages were built from comes last: a folder without it is emptied by the next run. */
async function replaceBy(
  offer: string,
  folder: string,
  { there, sources }: { there: readonly Placed[]; sources: Sources },
): Promise<void> {
  const note = readSources(folder)
  if (note === undefined) throw new Error('the folder of packages is not open')
  await removeTree(path.join(folder, SOURCES_NOTE), folder)
  await dropAll(folder)
  for (const name of there.map(fileOf)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
    await moveToFinalName(path.join(offer, name), path.join(folder, name))
  }
  await writeIndices(offer, folder, there)
  const packages = { ...sources.packages, ...note.packages }
  await writeSources(folder, { ...note, packages })
}

async function writeIndices(from: string, to: string, all: readonly Placed[]): Promise<void> {
  for (const below of INDICES) {
    const entries = all.filter((each) => each.below === below).map(({ entry }) => entry)
    if (entries.length === 0) continue
    const { head } = indexOf(from, below)
    await mkdir(path.join(to, below), { recursive: true })
    await writeFileAtomic(path.join(to, below, 'Packages'), renderPackageIndex({ head, entries }))
  }
}

/** What others may have of the packages of `plan`, with indices of that alone, which are written to `aside`. */
async function setOf(plan: StagePlan, aside: string): Promise<SharedSet | undefined> {
  const { packages: folder } = sharedFolders(plan)
  const sources = readSources(folder)
  await provePackages(folder, { isOwn: true, canBeMade: true })
  const given = await givenOf(folder)
  if (sources === undefined || given.length === 0) return undefined
  await writeIndices(folder, aside, given)
  await writeSources(aside, sources, SOURCES)
  const indices = INDICES.map((below) => path.join(below, 'Packages'))
  const notes = [SOURCES, ...indices].filter((name) => existsSync(path.join(aside, name)))
  const { stage, definition, layout } = plan
  return {
    sources: JSON.stringify(given.map((placed) => [fileOf(placed), sourceOf(placed, sources)]).sort()),
    files: [...notes.map((name) => ({ name, path: path.join(aside, name) })), ...filesOf(folder, given)],
    about: { stage, type: definition.type, arch: definition.archName, version: layout.version },
  }
}

/** Of a live package the ebuild does not say what it was built from. */
async function givenOf(folder: string): Promise<Placed[]> {
  const live = new Set(Object.keys(await readCommits(folder)).map((cpv) => splitCpv(cpv).cp))
  const all = entriesOf(folder)
  const away = new Set(
    builtWith(
      all.map(({ entry }) => entry),
      live,
    ),
  )
  return all.filter(({ entry }) => !live.has(splitCpv(entry.cpv).cp) && !away.has(entry))
}

/** Digests of what it was built from; a cross toolchain's ebuilds are in another category. */
function sourceOf({ entry }: Placed, { packages }: Sources): string[] {
  const { cp } = splitCpv(entry.cpv)
  const name = path.basename(cp)
  return Object.entries(packages)
    .filter(([each]) => each === cp || (cp.startsWith('cross-') && path.basename(each) === name))
    .map(([each, digest]) => `${each} ${digest}`)
    .sort()
}
