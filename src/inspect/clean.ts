// Removes what can be rebuilt below a catalyst root: unpacked trees, copies of repos, binary packages, folders of attempts.
// Builds, seeds, distfiles and logs stay. The folders themselves stay too: a run that begins now may have made them.

import { lstat, readdir, unlink } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import { quotedCommand } from '../process/own-command.js'
import { isFolder } from '../request/catalyst-root.js'
import { reapRemovals, removeTree } from '../store/disk/remove.js'
import {
  forecastPaths,
  inRoot,
  type Layout,
  type RootFolderName,
  rootFolders,
  storePaths,
} from '../store/layout.js'
import { acquireLock, type Lock } from '../store/lock.js'
import { collectTrees } from '../store/trees/collect.js'
import { folderBytes } from './disk-use.js'
import { type OldVersion, type Retention, removeOldVersions } from './old-versions.js'

/** What {@link removeGarbage} did, for one of its folders. */
export interface Removed {
  readonly part: string
  /** Bytes of the disk before and after; undefined where that cannot be found out. */
  readonly before: number | undefined
  readonly after: number | undefined
}

/** What went. */
export interface Cleaned {
  readonly removed: readonly Removed[]
  readonly versions: readonly OldVersion[]
}

/** What {@link removeGarbage} would remove; touches nothing, and takes no lock. */
export async function rehearseClean(layout: Layout, limits: Retention = {}): Promise<Cleaned> {
  const { root } = layout
  const removed: Removed[] = []
  for (const part of rootFolders(({ isCleaned }) => isCleaned))
    removed.push({ part, before: await folderBytes(inRoot(root, part)), after: 0 })
  const versions = await removeOldVersions(layout, { limits, isRehearsal: true })
  return { removed, versions }
}

/**
 * Cleans the catalyst root of `layout`, of all its SDKs. Nothing is made where there is no such root.
 *
 * @param limits which versions of the layout's SDK stay
 * @throws SdkError SDK_USAGE when the folder is not a catalyst root; SDK_LOCKED when any run works below it; SDK_HOST when
 *   something is mounted there
 */
export async function removeGarbage(layout: Layout, limits: Retention = {}): Promise<Cleaned> {
  const { root } = layout
  if (!(await isFolder(root))) return { removed: [], versions: [] }
  const locks: Lock[] = []
  try {
    await lockAll(layout, locks)
    const removed: Removed[] = []
    for (const part of rootFolders(({ isCleaned }) => isCleaned)) removed.push(await cleanPart(layout, part))
    const versions = await removeOldVersions(layout, { limits, isRehearsal: false })
    return { removed, versions }
  } finally {
    for (const lock of locks) lock.release()
  }
}

/** Takes every lock there is: those of all versions, then the store's, as every run takes them in that order. */
async function lockAll({ root, locks: folder, storeLock }: Layout, locks: Lock[]): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.lock'))
  if (!names.includes(path.basename(storeLock))) throw noRoot(root)
  const versions = names.map((name) => path.join(folder, name)).filter((file) => file !== storeLock)
  for (const file of [...versions.sort(), storeLock])
    locks.push(await acquireLock(file, { purpose: 'clean' }))
}

/** Others have folders called `packages` and `work`, too. */
const noRoot = (root: string): SdkError =>
  new SdkError(
    'SDK_USAGE',
    `${root} is not a catalyst root: expected locks/store.lock in it, which every run makes`,
    {
      hint: `give the --catalyst_root of a build; ${quotedCommand(['status'])} says what is there`,
    },
  )

async function cleanPart({ root, store }: Layout, part: RootFolderName): Promise<Removed> {
  const folder = inRoot(root, part)
  const before = await folderBytes(folder)
  if (!(await isFolder(folder))) return { part, before, after: before }
  if (part === 'store') await cleanStore(store)
  else await empty(folder, root)
  return { part, before, after: await folderBytes(folder) }
}

async function cleanStore(store: string): Promise<void> {
  const paths = storePaths(store)
  for (const folder of [paths.repos, paths.digests, ...Object.values(forecastPaths(store))])
    if (await isFolder(folder)) await empty(folder, store)
  const present = await Promise.all(Object.values(paths).map((folder) => isFolder(folder)))
  if (present.every(Boolean)) await collectTrees(paths, new Set())
}

/** Removes what is in `folder`. A link in it goes, not what it points at. */
async function empty(folder: string, inside: string): Promise<void> {
  await reapRemovals(folder, inside)
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    if ((await lstat(file)).isSymbolicLink()) await unlink(file)
    else await removeTree(file, inside)
  }
}
