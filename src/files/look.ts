// What a path that a user has named leads to, in words. Looks by stat alone: to open a FIFO waits for ever, and to open a
// device can do something.

import { constants, type Stats, statSync } from 'node:fs'
import { access, lstat, stat } from 'node:fs/promises'

/** What is wanted of a path. Links are followed. */
export type WantedKind = 'file' | 'folder'

/** What `info` is of, with its article. */
export function kindOf(info: Stats): string {
  if (info.isFile()) return 'a file'
  if (info.isDirectory()) return 'a folder'
  if (info.isSymbolicLink()) return 'a link'
  if (info.isFIFO()) return 'a FIFO'
  return info.isSocket() ? 'a socket' : 'a device'
}

/** What is at `file`, links followed. @throws the system's error */
export const kindAt = async (file: string): Promise<string> => kindOf(await stat(file))

/** The same, at once; undefined where nothing can be looked at. */
export function kindAtSync(file: string): string | undefined {
  try {
    return kindOf(statSync(file))
  } catch {
    return undefined
  }
}

/** What is wrong with what is at `file`: `expected a folder, found a FIFO`; undefined when it is there and may be read. */
export async function problemOf(file: string, wanted: WantedKind): Promise<string | undefined> {
  const found = await foundAt(file, wanted)
  return found === undefined ? undefined : `expected a ${wanted}, found ${found}`
}

/** What is wrong with `file` as a folder that is made when it is not there; undefined when nothing is, as far as that shows. */
export async function placeProblem(file: string): Promise<string | undefined> {
  const found = await foundAt(file, 'folder')
  return found === undefined || found === 'none'
    ? undefined
    : `expected a folder, or a place for one, found ${found}`
}

async function foundAt(file: string, wanted: WantedKind): Promise<string | undefined> {
  try {
    const info = await stat(file)
    if (!(wanted === 'file' ? info.isFile() : info.isDirectory())) return kindOf(info)
    await access(file, wanted === 'file' ? constants.R_OK : constants.R_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return await errorWords(error as NodeJS.ErrnoException, file)
  }
}

/** The system's error at `file` as what was found there. */
export async function errorWords(error: NodeJS.ErrnoException, file: string): Promise<string> {
  switch (error.code) {
    case 'ENOENT':
      return (await isLink(file)) ? 'a link that leads nowhere' : 'none'
    case 'ENOTDIR':
      return 'none: a part of the path is not a folder'
    case 'ELOOP':
      return 'links that lead in a circle'
    case 'ENAMETOOLONG':
      return 'none: the path, or a name in it, is too long'
    case 'EACCES':
    case 'EPERM':
      return 'what may not be read'
    default:
      return error.message
  }
}

/** Why a reader of files/read.ts did not read `file`, in words: `expected a file, found what may not be read`. */
export const whyUnread = async (error: NodeJS.ErrnoException, file: string): Promise<string> =>
  error.code === undefined ? error.message : `expected a file, found ${await errorWords(error, file)}`

const isLink = (file: string): Promise<boolean> =>
  lstat(file).then(
    (info) => info.isSymbolicLink(),
    () => false,
  )

/** Whether both names are the same file. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((file) => stat(file).catch(() => undefined)))
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}
