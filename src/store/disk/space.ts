// Free space and inodes, asked before work starts rather than found out hours later.

import { realpath, statfs } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'
import { quotedCommand } from '../../process/own-command.js'
import { mountOf } from './mounts.js'

/** What is free for a process of this user where a path is, or will be. */
export interface FreeSpace {
  /** Infinite where the file system does not count (ramfs). */
  bytes: number
  /** Undefined where the file system makes inodes as it needs them (btrfs). */
  inodes: number | undefined
  /** Mount point of the file system. */
  mountPoint: string
  /** Its type, and what is mounted, where that is known: `ext4`, `/dev/sda1`. */
  fileSystem: string | undefined
  device: string | undefined
  /** Nothing can be written. */
  readOnly: boolean
}

/** What a run of the smallest SDK takes below the catalyst root, measured, and half as much again. */
export const LEAST = { bytes: 5 * 1024 ** 3, inodes: 200_000 }

/** The free space at `file`; if it is absent, at the nearest directory above it. */
export async function freeSpace(file: string): Promise<FreeSpace> {
  const existing = await nearestExisting(path.resolve(file))
  const stats = await statfs(existing)
  const mount = await mountOf(existing)
  return {
    bytes: stats.blocks === 0 ? Number.POSITIVE_INFINITY : stats.bavail * stats.bsize,
    inodes: stats.files === 0 ? undefined : stats.ffree,
    mountPoint: mount?.mountPoint ?? existing,
    fileSystem: mount?.fileSystem,
    device: mount?.source,
    readOnly: mount !== undefined && [...mount.options, ...mount.superOptions].includes('ro'),
  }
}

/**
 * Checks that `bytes` and `inodes` are free at `file`.
 *
 * @throws SdkError SDK_SPACE, as for a disk that gets full later: another try, or another machine of a fleet, may have room; naming the file system, what is needed and what is there
 */
export async function requireSpace(file: string, bytes: number, inodes = 0): Promise<void> {
  const free = await freeSpace(file)
  if (free.bytes < bytes)
    throw tooLittle(file, free, `${formatBytes(bytes)} free space, has ${formatBytes(free.bytes)}`)
  if (free.inodes !== undefined && free.inodes < inodes) {
    throw tooLittle(file, free, `${inodes} free inodes, has ${free.inodes}`)
  }
}

function tooLittle(file: string, free: FreeSpace, what: string): SdkError {
  return new SdkError('SDK_SPACE', `${file}: its file system (mounted at ${free.mountPoint}) needs ${what}`, {
    hint: `free some space there (${quotedCommand(['clean'])} removes what can be rebuilt), or give a --catalyst_root elsewhere`,
    facts: { disk: { ...free } },
  })
}

async function nearestExisting(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || file === '/') throw error
    return await nearestExisting(path.dirname(file))
  }
}
