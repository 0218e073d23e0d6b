// A catalyst root that a run has made and then had no use for: bad input leaves nothing behind.

import { readdir, realpath, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { removeTree } from '../store/disk/remove.js'
import { inRoot, type Layout, rootFolders } from '../store/layout.js'
import { acquireLock, type Lock } from '../store/lock.js'

/**
 * Removes the catalyst root of `layout` if nothing has come of it: no stage has begun, nothing was downloaded, no other run has ever
 * used it. What else is in it stays, and so does each folder with something in it.
 *
 * @param top the topmost folder that was made for it; empty ones between it and the root go, too
 * @throws SdkError SDK_HOST when something is mounted there
 */
export async function removeUnusedRoot(layout: Layout, top: string): Promise<void> {
  const { root, locks, storeLock } = layout
  const stop = await realpath(path.dirname(top))
  const taken: Lock[] = []
  try {
    // In the order in which every run takes them: another of this version, or one that uses the store, is in one of these.
    for (const file of [layout.versionLock, storeLock])
      taken.push(await acquireLock(file, { purpose: 'undo' }))
    const own = [storeLock, layout.versionLock].map((file) => path.basename(file))
    const others = (await readdir(locks)).filter(
      (name) => !own.includes(name) && !/^packages-[0-9a-f]{32}\.lock$/.test(name),
    )
    if (others.length > 0) return
    for (const part of rootFolders(({ isProof }) => isProof)) if (await hasFiles(inRoot(root, part))) return
    for (const part of rootFolders()) await removeTree(inRoot(root, part), root)
    for (let folder = root; folder !== stop; folder = path.dirname(folder)) await rmdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'SDK_LOCKED') throw error
  } finally {
    for (const lock of taken) lock.release()
  }
}

/** Whether anything but folders is in `folder`, at any depth. */
async function hasFiles(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const entry of entries)
    if (!entry.isDirectory() || (await hasFiles(path.join(folder, entry.name)))) return true
  return false
}
