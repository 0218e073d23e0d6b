// The digest of an ebuild repo's tree: of names, kinds, execute bits and contents; never of times or owners.

import { createHash } from 'node:crypto'
import { lstat, opendir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'

/** What a repo's digest leaves out: version control and what Portage may write. */
const IGNORED = new Set(['.git', '.svn', '.github'])

async function* walk(root: string, below = ''): AsyncGenerator<string> {
  const names: string[] = []
  for await (const entry of await opendir(path.join(root, below))) {
    if (below !== '' || !IGNORED.has(entry.name)) names.push(entry.name)
  }
  for (const name of names.sort()) {
    const relative = path.join(below, name)
    yield relative
    if ((await lstat(path.join(root, relative))).isDirectory()) yield* walk(root, relative)
  }
}

/** SHA-256, in hex, of the tree below `root`. Equal trees have equal digests on every machine. */
export async function treeDigest(root: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const relative of walk(root)) {
    const file = path.join(root, relative)
    const stat = await lstat(file)
    if (stat.isDirectory()) hash.update(`d ${relative}\0`)
    else if (stat.isSymbolicLink()) hash.update(`l ${relative}\0${await readlink(file)}\0`)
    else hash.update(`${(stat.mode & 0o111) === 0 ? 'f' : 'x'} ${relative}\0${await fileDigest(file)}\0`)
  }
  return hash.digest('hex')
}

async function fileDigest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}

/** Digest of each package folder (`category/package`) of a repo: what a binary package built from it depends on. */
export async function packageDigests(root: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  for await (const category of await opendir(root)) {
    if (!category.isDirectory() || !/^(virtual|[a-z0-9]+-[\w-]+)$/.test(category.name)) continue
    for await (const name of await opendir(path.join(root, category.name))) {
      const cp = `${category.name}/${name.name}`
      if (name.isDirectory()) digests.set(cp, await treeDigest(path.join(root, cp)))
    }
  }
  return digests
}
