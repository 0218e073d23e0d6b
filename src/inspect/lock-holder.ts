// Who holds a lock, found out without touching it: taking it, even for a moment, could turn away a run that begins now.

import { readdir, readlink } from 'node:fs/promises'
import * as v from 'valibot'
import { readLockInfo } from '../store/lock.js'

/** A live process that has a lock file open, and what it wrote there, as it is told. */
export const LOCK_HOLDER = v.object({
  pid: v.number(),
  /** ISO 8601, UTC. */
  startedAt: v.string(),
  /** What for, when it is not a build. */
  purpose: v.exactOptional(v.string()),
})

/** A live process that has a lock file open. */
type LockHolder = Readonly<v.InferOutput<typeof LOCK_HOLDER>>

/**
 * The holder of the lock `file`, or undefined. The text in the file is believed only if the process that it names is
 * alive and has that very file open. A process of another PID namespace (a container) is not seen.
 */
export async function lockHolder(file: string): Promise<LockHolder | undefined> {
  const info = await readLockInfo(file)
  if (info === undefined || !(await hasOpen(info.pid, file))) return undefined
  const { pid, startedAt, purpose } = info
  return { pid, startedAt, ...(typeof purpose === 'string' ? { purpose } : {}) }
}

async function hasOpen(pid: number, file: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  let fds: string[]
  try {
    fds = await readdir(folder)
  } catch (error) {
    // Without root the descriptors of a run cannot be seen; that it is alive has to do.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
  for (const fd of fds) if ((await readlink(`${folder}/${fd}`).catch(() => '')) === file) return true
  return false
}
