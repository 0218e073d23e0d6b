// The store of unpacked trees, by the sha256 of the archive they came from. A tree is a list of layers, top first, as
// overlayfs takes them; layers are shared between trees and never modified. What no tree file names does not exist.
//
// store/trees/SHA256.json     {format, sha256, layers: [ID, …], entries?, createdAt}; written last
// store/layers/ID/root/       one layer: a plain directory, or an overlay's upper with its whiteouts and xattrs; beside it
//                             what proves that it is as it was (layer-proof.ts)
// store/scratch/ID/           a directory that is being filled

import { randomBytes } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { must } from '../../process/run.js'
import { makeBareFolder } from '../disk/bare-folder.js'
import { refuseMounts, removeTree } from '../disk/remove.js'
import { type Layout, PRIVATE, type StorePaths, storePaths } from '../layout.js'
import { acquireLock, type Lock } from '../lock.js'
import { collectTrees } from './collect.js'
import { isUntouched, layerDifferences, listLayer, noteLayer, type Thoroughness } from './layer-proof.js'
import type { ReadHow, ReadMembers } from './members.js'
import { moveIn } from './move-in.js'
import { findTree, forgetTree, layerRoot, type Tree, writeTree } from './tree-file.js'

export type { Tree } from './tree-file.js'

/** A finished directory, to become a tree. */
export interface Adoption {
  sha256: string
  /** On the store's file system, complete, and used by nobody; it is moved. */
  directory: string
  /** The tree that the directory lies upon, when it is an overlay's upper. */
  below?: Pick<Tree, 'layers'> | undefined
  entries?: number | undefined
}

/** A layer to which a tree is given. */
export interface Naming extends Omit<Adoption, 'directory'> {
  /** What {@link TreeStore.place} has returned, listed since. */
  layer: string
}

/** What {@link TreeStore.collect} removed. */
export interface Collected {
  /** False when another run uses the store: then nothing was looked at. */
  done: boolean
  trees: string[]
  layers: string[]
}

/** Told of a tree that is not what the store took any more, as words: where it is, and what of it differs. */
export type OnDamage = (damage: string) => void

/** The store, open: while it is, no other process collects. */
export interface TreeStore {
  /**
   * The tree of an archive, if all its layers are there and as they were, by a stat walk; where that differs, by their contents.
   * One that is not is told to `onDamage`, and forgotten: it has to be unpacked again.
   */
  find(sha256: string, onDamage?: OnDamage): Promise<Tree | undefined>
  /** As {@link find}, by the contents of all files: says what a stat walk cannot know. `emit` is told how far that is. */
  examine(sha256: string, onDamage: OnDamage, emit?: Emit): Promise<Tree | undefined>
  /** What of `layers` is not as it was, as for {@link find}; undefined when all is. What is no layer of the store is passed over. */
  damageOf(layers: readonly string[]): Promise<string | undefined>
  /** A fresh, empty directory (mode 0755) on the store's file system. */
  scratch(): Promise<string>
  /**
   * Moves a directory into the store. Of two equal trees the first stays.
   *
   * @throws SdkError SDK_HOST when the directory has a mount below it or is on another file system
   * @throws SdkError SDK_SPACE when the disk is full
   */
  adopt(adoption: Adoption): Promise<Tree>
  /**
   * The first third of {@link adopt}: moves a directory to its place as a layer, and notes how it stands. Its caller can use it from
   * then on; nobody else can, and after the run nobody at all, until a tree names it.
   *
   * @throws as {@link adopt}
   */
  place(directory: string): Promise<string>
  /** The second: lists the members of a placed layer; `idle` leaves the processor to others. @throws SdkError SDK_CHAIN when it was changed */
  list(layer: string, how?: ReadHow): Promise<void>
  /** The last: makes the tree of a listed layer durable. Of two equal trees the first stays. @throws SdkError SDK_SPACE */
  name(naming: Naming): Promise<Tree>
  /**
   * Removes trees that are not in `keep`, layers that no remaining tree names, scratch directories, and copies of repos that are
   * not in `keep` either. For the start of a run, before it finds anything, and for its end: nothing of the store may be in use, not even by the caller.
   */
  collect(keep: ReadonlySet<string>): Promise<Collected>
  close(): void
}

/** Seconds that opening waits for a process that is collecting. */
const COLLECTOR_WAIT_SECONDS = 1800

/**
 * Opens the store of `layout`, made if absent. `read` is how a layer's members are read (archive/tree-members.ts).
 *
 * @throws SdkError SDK_LOCKED when a collector does not end within half an hour
 */
export async function openTreeStore(layout: Layout, read: ReadMembers): Promise<TreeStore> {
  const paths = await makeDirectories(layout.store)
  const share = (): Promise<Lock> =>
    acquireLock(layout.storeLock, {}, { shared: true, waitSeconds: COLLECTOR_WAIT_SECONDS })
  let lock = await share()
  return {
    find: (sha256, onDamage) => findIntact({ paths, read, look: 'stat' }, sha256, onDamage),
    examine: (sha256, onDamage, emit) =>
      findIntact({ paths, read: (folder) => read(folder, { emit }), look: 'contents' }, sha256, onDamage),
    damageOf: (layers) =>
      damageOf(
        layers.filter((layer) => layer.startsWith(`${paths.layers}/`)),
        { read, look: 'stat' },
      ),
    scratch: () => makeScratch(paths),
    adopt: (adoption) => adopt({ paths, read }, adoption),
    place: (directory) => place(paths, directory),
    list: (layer, how) => listLayer(layer, (folder) => read(folder, how)),
    name: (naming) => name({ paths, read }, naming),
    close: () => lock.release(),
    async collect(keep) {
      lock.release()
      try {
        return await collectAlone(paths, layout.storeLock, keep)
      } finally {
        lock = await share()
      }
    },
  }
}

/**
 * Which of the archives with these digests have a tree in the store that a stat walk finds touched. Nothing is written or made:
 * for who only looks, and may be nobody who can look there; then none is.
 */
export async function touchedTrees(layout: Layout, digests: readonly string[]): Promise<string[]> {
  const paths = storePaths(layout.store)
  const looked = new Map<string, boolean>()
  const touched: string[] = []
  for (const sha256 of digests) {
    const tree = await findTree(paths, sha256).catch(() => undefined)
    for (const layer of tree?.layers ?? [])
      if (!looked.has(layer)) looked.set(layer, !(await isUntouched(layer).catch(() => true)))
    if (tree?.layers.some((layer) => looked.get(layer) === true) === true) touched.push(sha256)
  }
  return touched
}

async function makeDirectories(store: string): Promise<StorePaths> {
  const paths = storePaths(store)
  for (const each of Object.values(paths)) await mkdir(each, { recursive: true, mode: PRIVATE })
  return paths
}

async function collectAlone(
  paths: StorePaths,
  lockFile: string,
  keep: ReadonlySet<string>,
): Promise<Collected> {
  let exclusive: Lock
  try {
    exclusive = await acquireLock(lockFile, { purpose: 'collect' })
  } catch (error) {
    if (error instanceof SdkError && error.code === 'SDK_LOCKED')
      return { done: false, trees: [], layers: [] }
    throw error
  }
  try {
    return { done: true, ...(await collectTrees(paths, keep)) }
  } finally {
    exclusive.release()
  }
}

const freshId = (): string => randomBytes(8).toString('hex')

async function makeScratch(paths: StorePaths): Promise<string> {
  const directory = path.join(paths.scratch, freshId())
  // It becomes the `/` of a stage, whatever the umask of the caller is.
  await makeBareFolder(directory, 0o755)
  return directory
}

interface Search {
  readonly paths: StorePaths
  readonly read: ReadMembers
  readonly look: Thoroughness
}

async function findIntact(search: Search, sha256: string, onDamage?: OnDamage): Promise<Tree | undefined> {
  const tree = await findTree(search.paths, sha256)
  if (tree === undefined) return undefined
  const damage = await damageOf(tree.layers, search)
  if (damage === undefined) return tree
  await forgetTree(search.paths, sha256)
  onDamage?.(damage)
  return undefined
}

async function damageOf(
  layers: readonly string[],
  { read, look }: Pick<Search, 'read' | 'look'>,
): Promise<string | undefined> {
  for (const layer of layers) {
    const found = await layerDifferences(layer, { read, look })
    if (found === undefined) continue
    const more = found.count - found.first.length
    return `${layer}: ${found.first.join(', ')}${more === 0 ? '' : `, and ${more} more`}`
  }
  return undefined
}

async function adopt(
  { paths, read }: Pick<Search, 'paths' | 'read'>,
  { sha256, directory, below, entries }: Adoption,
): Promise<Tree> {
  await refuseMounts(await realpath(directory))
  const present = await findIntact({ paths, read, look: 'stat' }, sha256)
  if (present !== undefined) {
    await removeTree(directory, path.dirname(paths.store))
    return present
  }
  const layer = await place(paths, directory)
  await listLayer(layer, read)
  return await writeNamed(paths, { sha256, layer, below, entries })
}

async function place(paths: StorePaths, directory: string): Promise<string> {
  const layer = layerRoot(paths, freshId())
  await moveIn(directory, layer)
  // Its place is its last: the move has changed its ctime.
  await noteLayer(layer)
  return layer
}

async function name({ paths, read }: Pick<Search, 'paths' | 'read'>, naming: Naming): Promise<Tree> {
  const present = await findIntact({ paths, read, look: 'stat' }, naming.sha256)
  return present ?? (await writeNamed(paths, naming))
}

async function writeNamed(paths: StorePaths, { sha256, layer, below, entries }: Naming): Promise<Tree> {
  // Per file there would be 100,000 fsyncs; this flushes the whole file system once (syncfs(2)).
  await must({ argv: ['sync', '--file-system', layer] }, 'SDK_SPACE')
  const tree = { sha256, layers: [layer, ...(below?.layers ?? [])], entries }
  await writeTree(paths, tree)
  return tree
}
