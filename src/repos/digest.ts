// The digest of an ebuild repo's tree: of names, kinds, execute bits and contents; never of times or owners.

import { createHash } from 'node:crypto'
import { lstat, opendir, readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'

/** What a repo's digest leaves out: version control and the settings of its host. */
const IGNORED = new Set(['.git', '.svn', '.github'])

/** Files that are put into a tree: where, in place of what is there, and which, by their paths below that folder. */
export interface Graft {
  readonly at: string
  readonly files: ReadonlyMap<string, string>
}

async function* walk(root: string, below = ''): AsyncGenerator<string> {
  for await (const { name } of await opendir(path.join(root, below))) {
    if (below === '' && IGNORED.has(name)) continue
    const relative = path.join(below, name)
    yield relative
    if ((await lstat(path.join(root, relative))).isDirectory()) yield* walk(root, relative)
  }
}

/** SHA-256, in hex, of the tree below `root`, with `graft` in it. Equal trees have equal digests on every machine. */
export async function treeDigest(root: string, graft?: Graft): Promise<string> {
  const hash = createHash('sha256')
  for (const [relative, file] of await entries(root, graft)) {
    const stat = file === undefined ? undefined : await lstat(file)
    if (file === undefined || stat === undefined || stat.isDirectory()) hash.update(`d ${relative}\0`)
    else if (stat.isSymbolicLink()) hash.update(`l ${relative}\0${await readlink(file)}\0`)
    else hash.update(`${(stat.mode & 0o111) === 0 ? 'f' : 'x'} ${relative}\0${await fileDigest(file)}\0`)
  }
  return hash.digest('hex')
}

/** Everything below `root` in the order of the digest, folders before what is in them; without a file: a graft's folder. */
async function entries(root: string, graft?: Graft): Promise<[string, string | undefined][]> {
  const all = new Map<string, string | undefined>()
  for await (const relative of walk(root))
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

/** The package folders (`category/package`) of a repo. */
async function* packageFolders(root: string): AsyncGenerator<string> {
  for await (const category of await opendir(root)) {
    if (!category.isDirectory() || !/^(virtual|[a-z0-9]+-[\w-]+)$/.test(category.name)) continue
    for await (const name of await opendir(path.join(root, category.name)))
      if (name.isDirectory()) yield `${category.name}/${name.name}`
  }
}

/** Digest of each package folder (`category/package`) of a repo: what a binary package built from it depends on. */
export async function packageDigests(root: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  for await (const cp of packageFolders(root)) digests.set(cp, await treeDigest(path.join(root, cp)))
  return digests
}

/** Digest of each ebuild (`category/package-version`) of a repo, with the `files/` beside it: other versions do not count. */
export async function ebuildDigests(root: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>()
  for await (const cp of packageFolders(root)) {
    const folder = path.join(root, cp)
    const names = await readdir(folder)
    const files = names.includes('files') ? await treeDigest(path.join(folder, 'files')) : ''
    for (const name of names.filter((each) => each.endsWith(EBUILD))) {
      const cpv = `${path.dirname(cp)}/${name.slice(0, -EBUILD.length)}`
      digests.set(cpv, `${await fileDigest(path.join(folder, name))}${files}`)
    }
  }
  return digests
}

/** What the names of ebuilds end with. */
const EBUILD = '.ebuild'
