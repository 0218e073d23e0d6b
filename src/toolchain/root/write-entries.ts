// Makes planned files and links below a directory. The edge of cross-overlay.ts.

import { lstat, mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SdkError } from '../../errors.js'
import type { PlannedEntry } from '../cross-overlay.js'

/**
 * Makes `entries` below `directory`, replacing files and links that are there; each is put in place by one rename.
 * What the plan does not name is left alone.
 *
 * @throws SdkError SDK_REPO when a directory is where a file or link has to be: it may hold someone's ebuilds
 */
export async function writeEntries(directory: string, entries: readonly PlannedEntry[]): Promise<void> {
  for (const entry of entries) {
    const path = join(directory, entry.path)
    if (await isDirectory(path))
      throw new SdkError(
        'SDK_REPO',
        `${path} is a directory, but a ${'link' in entry ? 'link' : 'file'} has to be there`,
        {
          hint: 'move it away: it is not part of the generated cross overlay',
        },
      )
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await replace(path, entry)
  }
}

async function replace(path: string, entry: PlannedEntry): Promise<void> {
  if ('link' in entry && (await readlink(path).catch(() => undefined)) === entry.link) return
  const temporary = join(dirname(path), `.new-${process.pid}`)
  await rm(temporary, { force: true })
  if ('link' in entry) await symlink(entry.link, temporary)
  else await writeFile(temporary, entry.text, { mode: 0o644, flag: 'wx' })
  await rename(temporary, path)
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true
}
