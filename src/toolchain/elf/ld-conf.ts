// The directories that ldconfig would search, by /etc/ld.so.conf of a root and what it includes.

import { globPattern } from '../../sdk/glob.js'
import { listDirectory, type RootView, readRootText } from '../root/view.js'

/** As many files as this are read at most: an include may include itself. */
const MAX_FILES = 200

/** Patterns, for each of which a folder is listed; and bytes of one: a name has at most 255. */
const MAX_PATTERNS = 200
const LONGEST_PATTERN = 1000

/** Directories of /etc/ld.so.conf inside the root, in order, as they are written (byte strings). */
export function ldConfDirectories(view: RootView): string[] {
  const directories: string[] = []
  const pending = ['/etc/ld.so.conf']
  const seen = new Set<string>()
  let patterns = 0
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    const canonical = view.canonical(path)
    if (canonical === undefined || seen.has(canonical) || seen.size >= MAX_FILES) continue
    seen.add(canonical)
    const { found, includes } = parseLdConf(textOf(view, canonical), path)
    for (const each of found) directories.push(each)
    for (const pattern of includes)
      if (patterns++ < MAX_PATTERNS) for (const each of expand(view, pattern)) pending.push(each)
  }
  return directories
}

function textOf(view: RootView, canonical: string): string {
  try {
    return readRootText(view, canonical) ?? ''
  } catch {
    return '' // ldconfig, too, goes on when a file cannot be read
  }
}

/** Directories and include patterns of one ld.so.conf text; a relative include is relative to the file's directory. */
export function parseLdConf(text: string, path: string): { found: string[]; includes: string[] } {
  const found: string[] = []
  const includes: string[] = []
  const here = path.slice(0, path.lastIndexOf('/'))
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*/, '').trim()
    const include = /^include\s+(.*)$/.exec(line)?.[1]
    if (include !== undefined) {
      for (const pattern of include.split(/\s+/))
        includes.push(pattern.startsWith('/') ? pattern : `${here}/${pattern}`)
    } else if (!line.startsWith('hwcap')) {
      // Several directories on one line are parted by blanks, commas or colons; an old `=TYPE` suffix is dropped.
      const names = line.split(/[\s,:]+/).map((name) => name.replace(/=.*/, ''))
      for (const name of names) if (name.startsWith('/')) found.push(name)
    }
  }
  return { found, includes }
}

/** Files that a glob pattern names: `*`, `?` and `[…]` in the last component only, as ld.so.conf.d uses them. */
function expand(view: RootView, pattern: string): string[] {
  const slash = pattern.lastIndexOf('/')
  const [directory, name] = [pattern.slice(0, slash) || '/', pattern.slice(slash + 1)]
  if (!/[*?[]/.test(name)) return [pattern]
  if (name.length > LONGEST_PATTERN) return []
  const matches = globPattern(name)
  return listDirectory(view, directory)
    .filter((entry) => !entry.startsWith('.') && matches.test(entry))
    .map((entry) => `${directory}/${entry}`)
}
