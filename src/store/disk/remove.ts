// The only place that deletes trees. Nothing is deleted before mountinfo shows no mount at or below it: rm -rf follows
// a bind mount of the same file system into the host, --one-file-system or not. A tree is renamed aside first, so
// that a half-deleted one never has a real name.

import { randomBytes } from 'node:crypto'
import { lstat, readdir, realpath, rename } from 'node:fs/promises'
import path from 'node:path'
import { SdkError, systemCode } from '../../errors.js'
import { must } from '../../process/run.js'
import { isAtOrBelow, mountsBelow } from './mounts.js'

const PREFIX = '.removing-'

/**
 * Deletes `target`, a tree or a file, if it is there.
 *
 * @param inside absolute directory that `target` must be below, with no symbolic link on the way
 * @throws SdkError SDK_HOST when a path is unsafe, when a mount is at or below it (all are listed), or when rm fails
 */
export async function removeTree(target: string, inside: string): Promise<void> {
  const real = await locate(target, inside)
  if (real === undefined) return
  await refuseMounts(real)
  const aside = path.join(path.dirname(real), `${PREFIX}${randomBytes(6).toString('hex')}`)
  await erase(await renamed(real, aside))
}

/** Where `real` is afterwards: `aside`, but on a disk that is so full that not even a name can change. */
async function renamed(real: string, aside: string): Promise<string> {
  try {
    await rename(real, aside)
    return aside
  } catch (error) {
    if (!FULL.has(systemCode(error) ?? '')) throw error
    return real
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT'])

/**
 * Deletes what an interrupted {@link removeTree} left in `directory`. A tree that another run is deleting may be met
 * and deleted by both.
 *
 * @throws SdkError as {@link removeTree}
 */
export async function reapRemovals(directory: string, inside: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    const real = await locate(path.join(directory, name), inside)
    if (real !== undefined) await erase(real)
  }
}

/** @throws SdkError SDK_HOST listing the mounts at or below `real`, a path without symlinks */
export async function refuseMounts(real: string): Promise<void> {
  const mounts = await mountsBelow(real)
  if (mounts.length === 0) return
  const lines = mounts.map((mount) => `  ${mount.mountPoint} (${mount.fileSystem} of ${mount.source})`)
  throw new SdkError(
    'SDK_HOST',
    `${real} is not touched: it has mounts at or below it:\n${lines.join('\n')}`,
    {
      hint: 'unmount them (`umount PATH`, the last one first), then run the same command again',
      facts: { mounts: mounts.map((mount) => mount.mountPoint) },
    },
  )
}

async function erase(real: string): Promise<void> {
  // Asked after the rename too: a mount that came in between has moved with the tree.
  await refuseMounts(real)
  await must({ argv: ['rm', '-rf', '--one-file-system', '--preserve-root=all', '--', real], cwd: '/' })
}

/** The path of `target` without symlinks, or undefined when it is absent. */
async function locate(target: string, inside: string): Promise<string | undefined> {
  for (const each of [target, inside]) {
    if (!path.isAbsolute(each) || path.resolve(each) !== each || each === '/') {
      throw unsafe(each, 'expected an absolute path without `.` and `..`, and not /')
    }
  }
  if (!isAtOrBelow(target, inside) || target === inside) throw unsafe(target, `it is not below ${inside}`)
  const info = await lstat(target).catch(absent)
  const parent = await realpath(path.dirname(target)).catch(absent)
  if (info === undefined || parent === undefined) return undefined
  if (info.isSymbolicLink()) throw unsafe(target, 'it is a symbolic link')
  // `inside` may itself be reached by a link; below it there must be none.
  const expected = path.join(await realpath(inside), path.relative(inside, path.dirname(target)))
  if (parent !== expected) throw unsafe(target, `a symbolic link on the way leads to ${parent}`)
  return path.join(parent, path.basename(target))
}

function unsafe(target: string, why: string): SdkError {
  return new SdkError('SDK_HOST', `${target} is not deleted: ${why}`, { facts: { path: target } })
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
