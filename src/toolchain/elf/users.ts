// What a library gets from the files that load it: their RPATH, and the libraries they have loaded already.

import { type ElfFiles, expandEntry, type LibrarySearch } from './search.js'

/** What the users of a library, inside one root, do for it. */
export interface LibraryUsers {
  /** RPATHs (not RUNPATHs) that direct users of `library` hand down, absolute and `:`-joined. */
  inheritedRpath(library: string): string | undefined
  /**
   * The path of `soname` if every user of `library` loads it itself: the loader then takes the one that is there, wherever
   * it is. Undefined for a library without users (a plugin): nobody is known to bring it.
   */
  bring(library: string, soname: string): string | undefined
}

/** Indexes who loads what among `files`. */
export function libraryUsers(files: ElfFiles, search: LibrarySearch): LibraryUsers {
  const users = new Map<string, string[]>()
  for (const [path, elf] of files) {
    for (const soname of elf.needed) {
      const library = search.find(soname, { path, elf })
      if (library === undefined) continue
      const known = users.get(library)
      if (known === undefined) users.set(library, [path])
      else known.push(path)
    }
  }
  return {
    inheritedRpath(library) {
      const entries = (users.get(library) ?? []).flatMap((path) => ownRpath(path, files))
      return entries.length === 0 ? undefined : [...new Set(entries)].join(':')
    },
    bring(library, soname) {
      const loaders = users.get(library) ?? []
      const brought = loaders.map((path) => loads(path, soname, { files, search }))
      return brought.includes(undefined) ? undefined : brought[0]
    },
  }
}

function ownRpath(path: string, files: ElfFiles): string[] {
  const elf = files.get(path)
  if (elf?.rpath === undefined || elf.runpath !== undefined) return []
  return elf.rpath.split(':').flatMap((entry) => expandEntry(entry, { path, prefix: '' }))
}

function loads(
  path: string,
  soname: string,
  root: { files: ElfFiles; search: LibrarySearch },
): string | undefined {
  const elf = root.files.get(path)
  return elf?.needed.includes(soname) === true ? root.search.find(soname, { path, elf }) : undefined
}
