// Folders that are made once for a key and used again: copies of repos, generated metadata. What is beside them proves that
// they are as they were made; one that was touched is made anew, under another name, since somebody may still use it.
//
// DIRECTORY/KEY.json          {format, folder, stat, seal}: which folder it is, and the digest of its stat walk; written last
// DIRECTORY/KEY, KEY-HEX/     the folder

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rename } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { explainSystemError } from '../../errors.js'
import { readText } from '../../files/read.js'
import { must } from '../../process/run.js'
import { statDigest } from '../digest/stat-digest.js'
import { writeFileAtomic } from '../disk/atomic.js'
import { refuseMounts } from '../disk/remove.js'
import { PRIVATE } from '../layout.js'
import { sealed, unsealed } from '../sealed.js'

const KEPT = v.object({
  format: v.literal(1),
  folder: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/)),
  stat: v.string(),
})

/** Where the proof of `key` lies. */
const proofFile = (directory: string, key: string): string => path.join(directory, `${key}.json`)

/**
 * The folder kept for `key`; undefined when there is none, or none that is as it was made.
 *
 * @param onTouched told of a folder that is not as it was, by its path
 */
export async function findKeptFolder(
  directory: string,
  key: string,
  onTouched?: (folder: string) => void,
): Promise<string | undefined> {
  const text = await readText(proofFile(directory, key)).catch(() => '')
  const kept = unsealed(text, KEPT, { of: key })
  if (kept === undefined) return undefined
  const folder = path.join(directory, kept.folder)
  const stat = await statDigest(folder).catch(() => 'gone')
  if (stat === kept.stat) return folder
  onTouched?.(folder)
  return undefined
}

/**
 * Keeps `made`, a finished folder on the same file system, for `key`; it is moved. All of it is on the disk before the proof
 * that names it.
 *
 * @returns where it is now
 * @throws SdkError SDK_SPACE; SDK_HOST when something is mounted below it
 */
export async function keepFolder(directory: string, key: string, made: string): Promise<string> {
  await refuseMounts(made)
  const folder = await moveTo(directory, key, made)
  const stat = await statDigest(folder)
  await must({ argv: ['sync', '--file-system', folder] }, 'SDK_SPACE')
  const name = path.basename(folder)
  await writeFileAtomic(proofFile(directory, key), sealed({ format: 1, folder: name, stat }, { of: key }))
  return folder
}

/**
 * Keeps finished files on the same file system, by the names that they get, as the folder for `key`; they are moved.
 *
 * @returns as {@link keepFolder}, which says what it throws
 */
export async function keepFiles(
  directory: string,
  key: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: PRIVATE })
  const folder = await mkdtemp(path.join(directory, '.made-'))
  for (const [name, file] of Object.entries(files)) await rename(file, path.join(folder, name))
  return await keepFolder(directory, key, folder)
}

/** Moves `made` to the name of its key, or, where that is taken, to one of its own. */
async function moveTo(directory: string, key: string, made: string): Promise<string> {
  for (const name of [key, `${key}-${randomBytes(6).toString('hex')}`]) {
    const target = path.join(directory, name)
    try {
      await rename(made, target)
      return target
    } catch (error) {
      if (!TAKEN.has((error as NodeJS.ErrnoException).code ?? '')) throw explainSystemError(error, target)
    }
  }
  throw new Error(`${directory}: no name is left for ${key}`)
}

const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])
