// Publishes files: a hidden temporary in the same directory, fsync, rename, fsync of the directory.
// A reader, and the next run after a power cut, sees the old file or the new one, never a part of it.

import { randomBytes } from 'node:crypto'
import {
  constants,
  copyFile,
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError, SdkError } from '../../errors.js'
import { isSameFile, kindOf } from '../../files/look.js'

const PARTIAL = '.partial-'

/** A fresh hidden name in the directory of `final`, for {@link giveFinalName}. */
export function temporaryPath(final: string): string {
  return path.join(path.dirname(final), `.${path.basename(final)}${PARTIAL}${randomBytes(6).toString('hex')}`)
}

/**
 * Removes the temporaries that killed runs left for `final`. The caller holds the lock under which `final` is
 * written: a live run's temporary looks the same.
 */
export async function removeTemporaries(final: string): Promise<void> {
  const directory = path.dirname(final)
  const prefix = `.${path.basename(final)}${PARTIAL}`
  const names = await readdir(directory).catch(ignoreAbsent([]))
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    await rm(path.join(directory, name), { force: true })
  }
}

/**
 * Replaces `file` with `data`. The directory must exist.
 *
 * @param mode permissions of the new file, before umask
 * @throws SdkError SDK_SPACE when the disk is full or reports an input/output error, SDK_HOST when a folder has that name; nothing
 *   is published then
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await replace(file, async (temporary) => {
    const handle = await open(temporary, 'wx', mode)
    await closing(handle, async () => {
      await handle.writeFile(data)
      await handle.sync()
    })
  })
}

/**
 * Makes a finished temporary durable and gives it its name. On failure the temporary is gone and `final` as before.
 *
 * @throws SdkError SDK_SPACE as {@link writeFileAtomic}
 */
export async function giveFinalName(temporary: string, final: string): Promise<void> {
  await replace(final, () => syncPath(temporary), temporary)
}

/**
 * As {@link giveFinalName}, for a finished file that may be on another disk: folders of a catalyst root may be links. Then it is
 * copied beside `final` first, and `from` is still there.
 *
 * @throws SdkError SDK_SPACE as {@link writeFileAtomic}
 */
export async function moveToFinalName(from: string, final: string): Promise<void> {
  await replace(final, async (temporary) => {
    await rename(from, temporary).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error
      await copyFile(from, temporary, constants.COPYFILE_EXCL)
    })
    await syncPath(temporary)
  })
}

/** Points the symbolic link `file` at `target` (relative to its directory), in one step. */
export async function replaceLink(file: string, target: string): Promise<void> {
  await replace(file, (temporary) => symlink(target, temporary))
}

/**
 * As {@link replaceLink}, for a link that is for people only: what is there and no link is somebody's, and stays.
 *
 * @returns that, in words
 */
export async function moveLink(file: string, target: string): Promise<string | undefined> {
  const found = await lstat(file).catch(ignoreAbsent(undefined))
  if (found !== undefined && !found.isSymbolicLink()) return kindOf(found)
  await replaceLink(file, target)
  return undefined
}

/**
 * Makes `to` another name of the file `from`, replacing what was there, in one step. One that it is already is only flushed: made
 * anew, the file would have another ctime, and who knows its digest by that would read it again.
 */
export async function hardLink(from: string, to: string): Promise<void> {
  if (await isSameFile(from, to)) return await syncPath(path.dirname(to))
  await replace(to, (temporary) => link(from, temporary))
}

/** Flushes a file, or the entries of a directory, to the disk. */
export async function syncPath(file: string): Promise<void> {
  const handle = await open(file, 'r')
  await closing(handle, () => handle.sync())
}

async function replace(
  final: string,
  make: (temporary: string) => Promise<void>,
  temporary = temporaryPath(final),
): Promise<void> {
  try {
    await make(temporary)
    await rename(temporary, final).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EISDIR' ? folderThere(final, error) : error
    })
    await syncPath(path.dirname(final))
  } catch (error) {
    // After a failed fsync the kernel may have dropped the data: another fsync would succeed and prove nothing.
    throw explainSystemError(error, final)
  } finally {
    // Also after success: rename(2) of two names of one file does nothing and leaves the first.
    await rm(temporary, { force: true }).catch(() => {})
  }
}

const folderThere = (file: string, cause: Error): SdkError =>
  new SdkError('SDK_HOST', `${file}: expected a file, or a place for one, found a folder`, {
    hint: 'move it away: only this program makes anything of that name',
    cause,
  })

async function closing(handle: FileHandle, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } finally {
    await handle.close()
  }
}

function ignoreAbsent<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return otherwise
    throw error
  }
}
