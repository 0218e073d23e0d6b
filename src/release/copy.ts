// Publishing to a folder of this machine: each file is written aside, synced and renamed.

import { constants, copyFile, mkdir, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError, SdkError } from '../errors.js'
import { giveFinalName as giveName, removeTemporaries, temporaryPath } from '../store/disk/atomic.js'
import type { PublishedFile } from './files.js'

/**
 * Copies `files` below `folder`, in order; makes folders that are not there.
 *
 * @throws SdkError SDK_PUBLISH when a file cannot be written there, SDK_SPACE
 */
export async function copyFiles(
  files: readonly PublishedFile[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const file of files) {
    signal?.throwIfAborted()
    const to = path.join(folder, file.name)
    await copy(file.path, to).catch((error: unknown) => {
      throw explain(error, to)
    })
  }
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true })
  await removeTemporaries(to)
  const temporary = temporaryPath(to)
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE)
    const { atime, mtime } = await stat(from)
    await utimes(temporary, atime, mtime)
    await giveName(temporary, to)
  } finally {
    await rm(temporary, { force: true })
  }
}

function explain(error: unknown, to: string): unknown {
  const known = explainSystemError(error, to)
  if (known instanceof SdkError) return known
  return new SdkError('SDK_PUBLISH', `${to} cannot be written: ${(error as Error).message}`, {
    hint: 'the release is finished; the same command publishes it again',
    cause: error,
  })
}
