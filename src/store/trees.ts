// The store of unpacked trees, by the sha256 of the archive they came from. A tree is a list of layers, top first, as
// overlayfs takes them; layers are shared between trees and never modified. What no tree file names does not exist.
//
// store/trees/SHA256.json     {format, sha256, layers: [ID, …], entries?, createdAt}; written last
// store/layers/ID/root/       one layer: a plain directory, or an overlay's upper with its whiteouts and xattrs
// store/scratch/ID/           a directory that is being filled

import { randomBytes } from 'node:crypto'
import { chmod, mkdir, realpath, rename } from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError, SdkError } from '../errors.js'
import { must } from '../process/run.js'
import { syncPath } from './atomic.js'
import { collectTrees } from './collect.js'
import { type Layout, type StorePaths, storePaths } from './layout.js'
import { acquireLock, type Lock } from './lock.js'
import { refuseMounts, removeTree } from './remove.js'
import { findTree, layerRoot, type Tree, writeTree } from './tree-file.js'

export type { Tree } from './tree-file.js'

/** A finished directory, to become a tree. */
export interface Adoption {
  sha256: string
  /** On the store's file system, complete, and used by nobody; it is moved. */
  directory: string
  /** The tree that the directory lies upon, when it is an overlay's upper. */
  below?: Tree
  entries?: number
}

/** What {@link TreeStore.collect} removed. */
export interface Collected {
  /** False when another run uses the store: then nothing was looked at. */
  done: boolean
  trees: string[]
  layers: string[]
}

/** The store, open: while it is, no other process collects. */
export interface TreeStore {
  /** The tree of an archive, if all its layers are there. */
  find(sha256: string): Promise<Tree | undefined>
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
   * Removes trees that are not in `keep`, layers that no remaining tree names, scratch directories and copies of repos. For the start of a
   * run, before it finds anything, and for its end: nothing of the store may be in use, not even by the caller.
   */
  collect(keep: ReadonlySet<string>): Promise<Collected>
  close(): void
}

/** Seconds that opening waits for a process that is collecting. */
const COLLECTOR_WAIT_SECONDS = 1800

/**
 * Opens the store of `layout`, made if absent.
 *
 * @throws SdkError SDK_LOCKED when a collector does not end within half an hour
 */
export async function openTreeStore(layout: Layout): Promise<TreeStore> {
  const paths = await makeDirectories(layout.store)
  const share = (): Promise<Lock> =>
    acquireLock(layout.storeLock, {}, { shared: true, waitSeconds: COLLECTOR_WAIT_SECONDS })
  let lock = await share()
  return {
    find: (sha256) => findTree(paths, sha256),
    scratch: () => makeScratch(paths),
    adopt: (adoption) => adopt(paths, adoption),
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

async function makeDirectories(store: string): Promise<StorePaths> {
  const paths = storePaths(store)
  // 0700: the trees hold setuid programs of other versions, which no user of the host should reach.
  for (const each of Object.values(paths)) await mkdir(each, { recursive: true, mode: 0o700 })
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
  await mkdir(directory)
  // It becomes the `/` of a stage, whatever the umask of the caller is.
  await chmod(directory, 0o755)
  return directory
}

async function adopt(paths: StorePaths, adoption: Adoption): Promise<Tree> {
  const { sha256, directory, below, entries } = adoption
  await refuseMounts(await realpath(directory))
  const present = await findTree(paths, sha256)
  if (present !== undefined) {
    await removeTree(directory, path.dirname(paths.store))
    return present
  }
  const layer = layerRoot(paths, freshId())
  await moveIn(directory, layer)
  const tree = { sha256, layers: [layer, ...(below?.layers ?? [])], entries }
  await writeTree(paths, tree)
  return tree
}

/** Moves a finished directory to its place and makes all of it durable: the tree file must not outlive its contents. */
async function moveIn(directory: string, layer: string): Promise<void> {
  await mkdir(path.dirname(layer))
  try {
    await rename(directory, layer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw explainSystemError(error, layer)
    throw new SdkError(
      'SDK_HOST',
      `${directory} and ${layer} are on different file systems: the directory cannot be moved`,
      {
        hint: 'keep `work` and `store` of the catalyst root on one file system',
        cause: error,
      },
    )
  }
  await syncPath(path.dirname(path.dirname(layer)))
  // Per file there would be 100,000 fsyncs; this flushes the whole file system once (syncfs(2)).
  await must({ argv: ['sync', '--file-system', layer] }, 'SDK_SPACE')
}
