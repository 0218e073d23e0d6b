// What lies in a checkout of ebuilds and is none of its content: version control, what editors and builds leave. It is
// neither digested nor copied, so no SDK archives it.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { readBytes } from '../files/read.js'
import { globPattern } from '../sdk/glob.js'

/**
 * Patterns of names, of files and folders at any depth. `*`, `?` and `[…]` mean what they mean for a shell; a leading `/` means
 * only at the top of the repo, a trailing one only folders.
 */
const DEFAULT_JUNK: readonly string[] = [
  // Version control; of a worktree or submodule `.git` is a file.
  ...['.git', '.hg', '.svn', '.bzr', '.jj', '_darcs', '.osc', '.fslckout', 'CVS/', '/.github/', '/.gitlab/'],
  // Editors, file managers, programs that were run there.
  ...['*~', '.*.sw[a-p]', '.#*', '#*#', '.DS_Store', 'Thumbs.db', '.directory', '__pycache__/', '.nfs*'],
  ...['/.idea/', '/.vscode/', '/.cache/'],
  // What Portage and builds write there.
  ...['/distfiles/', '/packages/', '/build/'],
]

/** Whether a path below a tree is junk; of a folder that is, nobody asks what is in it. */
export type IsJunk = (relative: string, isFolder: boolean) => Promise<boolean>

/** The word that stands for {@link DEFAULT_JUNK} in a definition's list. */
const DEFAULT = 'default'

/**
 * What is junk of the repo at `root`. A folder with ebuilds is a package, and one that `profiles/categories` names is a
 * category, whatever they are called; and what an ebuild names is its file.
 */
export function junkOf(root: string, patterns: readonly string[] = DEFAULT_JUNK): IsJunk {
  const rules = patterns.flatMap((each) => (each === DEFAULT ? DEFAULT_JUNK : each)).map(toRule)
  return async (relative, isFolder) => {
    const name = path.basename(relative)
    const isTop = name === relative
    const hit = rules.some(
      (rule) => (isTop || !rule.onlyTop) && (isFolder || !rule.onlyFolders) && rule.name.test(name),
    )
    if (!hit) return false
    if (isFolder) return !(await isCategory(root, relative)) && !(await hasEbuilds(path.join(root, relative)))
    return !(await isNamed(root, relative))
  }
}

/** Of patterns those that hold at any depth: for folders that are no repos. */
export const JUNK_ANYWHERE: readonly string[] = DEFAULT_JUNK.filter((pattern) => !pattern.startsWith('/'))

interface Rule {
  readonly name: RegExp
  readonly onlyTop: boolean
  readonly onlyFolders: boolean
}

function toRule(pattern: string): Rule {
  return {
    name: globPattern(pattern.replace(/^\/|\/$/g, '')),
    onlyTop: pattern.startsWith('/'),
    onlyFolders: pattern.endsWith('/'),
  }
}

async function isCategory(root: string, relative: string): Promise<boolean> {
  const text = await readBytes(path.join(root, 'profiles/categories')).catch(() => '')
  return String(text)
    .split('\n')
    .some((line) => line.trim() === relative)
}

const hasEbuilds = async (folder: string): Promise<boolean> =>
  (await readdir(folder).catch(() => [])).some((name) => name.endsWith('.ebuild'))

/** Whether an ebuild beside the file, or beside the folder `files` that it is in, has its name as a word. */
async function isNamed(root: string, relative: string): Promise<boolean> {
  const [category = '', name = '', ...below] = relative.split('/')
  if (below.length === 0) return false
  const folder = path.join(root, category, name)
  const base = path.basename(relative)
  for (const each of await readdir(folder).catch(() => [])) {
    if (!each.endsWith('.ebuild')) continue
    const text = await readBytes(path.join(folder, each)).catch(() => '')
    if (
      String(text)
        .split(/[\s"'/=(){}]+/)
        .includes(base)
    )
      return true
  }
  return false
}

/** What is directly in `root` and no junk; undefined when nothing there is junk. */
export async function withoutJunk(root: string, isJunk: IsJunk): Promise<string[] | undefined> {
  const kept: string[] = []
  const entries = await readdir(root, { withFileTypes: true })
  for (const entry of entries) if (!(await isJunk(entry.name, entry.isDirectory()))) kept.push(entry.name)
  return kept.length === entries.length ? undefined : kept
}

/** The junk below `root`, by its paths below that. */
export async function* findJunk(root: string, isJunk: IsJunk, below = ''): AsyncGenerator<string> {
  for (const entry of await readdir(path.join(root, below), { withFileTypes: true }).catch(() => [])) {
    const relative = path.join(below, entry.name)
    if (await isJunk(relative, entry.isDirectory())) yield relative
    else if (entry.isDirectory()) yield* findJunk(root, isJunk, relative)
  }
}
