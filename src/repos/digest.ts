// The digest of an ebuild repo's tree: of names, kinds, execute bits and contents; never of times or owners.

import { createHash } from 'node:crypto'
import { lstat, opendir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { type IsJunk, junkOf } from './junk.js'

/** Files that are put into a tree: where, in place of what is there, and which, by their paths below that folder. */
export interface Graft {
  readonly at: string
  readonly files: ReadonlyMap<string, string>
}

async function* walk(root: string, isJunk: IsJunk, below = ''): AsyncGenerator<string> {
  for await (const { name } of await opendir(path.join(root, below))) {
    const relative = path.join(below, name)
    const isFolder = (await lstat(path.join(root, relative))).isDirectory()
    if (await isJunk(relative, isFolder)) continue
    yield relative
    if (isFolder) yield* walk(root, isJunk, relative)
  }
}

/**
 * SHA-256, in hex, of the tree below `root`, with `graft` in it and without what `junk`, patterns, leaves out. Equal trees have
 * equal digests on every machine.
 */
export async function treeDigest(root: string, graft?: Graft, junk?: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const [relative, file] of await entries(root, graft, junkOf(root, junk))) {
    const stat = file === undefined ? undefined : await lstat(file)
    if (file === undefined || stat === undefined || stat.isDirectory()) hash.update(`d ${relative}\0`)
    else if (stat.isSymbolicLink()) hash.update(`l ${relative}\0${await readlink(file)}\0`)
    else hash.update(`${(stat.mode & 0o111) === 0 ? 'f' : 'x'} ${relative}\0${await fileDigest(file)}\0`)
  }
  return hash.digest('hex')
}

/** Everything below `root` in the order of the digest, folders before what is in them; without a file: a graft's folder. */
async function entries(
  root: string,
  graft: Graft | undefined,
  isJunk: IsJunk,
): Promise<[string, string | undefined][]> {
  const all = new Map<string, string | undefined>()
  for await (const relative of walk(root, isJunk))
    if (graft === undefined || !`${relative}/`.startsWith(`${graft.at}/`))
      all.set(relative, path.join(root, relative))
  for (const [name, file] of graft?.files ?? []) {
    const relative = path.join(graft?.at ?? '', name)
    for (let folder = path.dirname(relative); !all.has(folder); folder = path.dirname(folder))
      all.set(folder, undefined)
    all.set(relative, file)
  }
  // As names sort, folder by folder: no character of a name is below NUL.
  const key = (relative: string): string => relative.replaceAll('/', '\0')
  return [...all].sort(([a], [b]) => (key(a) < key(b) ? -1 : 1))
}

async function fileDigest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}
