// Links of a folder that is copied elsewhere: those that lead out of it would lead somewhere else from there.

import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { errorWords } from './look.js'

/** A link below a folder that leads out of it. */
export interface OutwardLink {
  /** Its path below the folder. */
  readonly name: string
  /** What it leads to: absolute, without links. */
  readonly target: string
}

/**
 * The links below `folder` that lead out of it, sorted by name; links to folders are not followed.
 *
 * @param isWanted whether what has this path below the folder counts
 * @throws Error that names a link that leads nowhere, or to itself
 */
export async function outwardLinks(
  folder: string,
  isWanted: (name: string) => boolean | Promise<boolean>,
): Promise<OutwardLink[]> {
  const top = await realpath(folder)
  const found: OutwardLink[] = []
  for (const entry of await readdir(top, { recursive: true, withFileTypes: true })) {
    const link = path.join(entry.parentPath, entry.name)
    const name = path.relative(top, link)
    if (!entry.isSymbolicLink() || !(await isWanted(name))) continue
    const target = await realpath(link).catch(async (error: NodeJS.ErrnoException) => {
      throw new Error(`expected a link to something, found ${await errorWords(error, link)}: ${link}`)
    })
    if (!`${target}/`.startsWith(`${top}/`)) found.push({ name, target })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}
