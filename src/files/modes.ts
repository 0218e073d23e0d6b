// Modes of files that are copied from a checkout into a root. The right to write of group and others is that of the umask of who
// checked it out, and goes; where special bits are set somebody has thought about the mode. Everything else stays, and counts.

import { existsSync } from 'node:fs'
import { chmod, lstat, readdir } from 'node:fs/promises'
import path from 'node:path'

/** The mode that the copy of a file or folder gets. */
const copiedMode = (mode: number): number => ((mode & 0o7000) === 0 ? mode & 0o755 : mode & 0o7777)

/** Modes of a checkout by umask 022, of which a digest of names, kinds and contents tells. */
const isPlain = (mode: number, isFolder: boolean): boolean => mode === 0o755 || (mode === 0o644 && !isFolder)

/**
 * Which copies of what is at `place` and below have a mode that a digest of its tree (repos/digest.ts) does not tell: their
 * paths below it with their modes, sorted. A folder's own mode does not count.
 *
 * @param isWanted whether what has this path below the folder is copied
 */
export async function oddModes(
  place: string,
  isWanted: (name: string) => boolean | Promise<boolean> = () => true,
): Promise<string[]> {
  const odd: string[] = []
  for (const name of await namesBelow(place)) {
    const info = await lstat(path.join(place, name))
    const mode = copiedMode(info.mode)
    if (info.isSymbolicLink() || isPlain(mode, info.isDirectory()) || !(await isWanted(name))) continue
    odd.push(`${mode.toString(8)} ${name}`)
  }
  return odd.sort()
}

/** Gives the copy of a checkout's folder at `folder` and all in it the modes of copies; its own is that of any folder of a root. */
export async function setCopiedModes(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const name of await namesBelow(folder)) {
    const file = path.join(folder, name)
    const info = await lstat(file)
    if (!info.isSymbolicLink()) await chmod(file, copiedMode(info.mode))
  }
}

/** What is below a folder; a file is below itself, without a name. @throws Error for a name that Node cannot hand back to the system */
async function namesBelow(place: string): Promise<string[]> {
  if (!(await lstat(place)).isDirectory()) return ['']
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  for (const { parentPath, name } of entries)
    if (name.includes('\ufffd') && !existsSync(path.join(parentPath, name)))
      throw new Error(`expected names in UTF-8, found other bytes: ${JSON.stringify(name)} in ${parentPath}`)
  return entries.map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)))
}
