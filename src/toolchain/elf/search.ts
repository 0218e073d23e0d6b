// Where the loader would look for a library, inside a root: RPATH, RUNPATH, ld.so.conf, the default directories, and
// the sysroots of other toolchains. Paths are byte strings (latin1).

import { isElfOf } from '../../sdk/architecture.js'
import { listDirectory, type RootView } from '../root/view.js'
import { readTuple, type Tuple } from '../tuple.js'
import type { ElfFile } from './elf.js'
import { ldConfDirectories } from './ld-conf.js'

/** Every ELF file of a root, by canonical path. */
export type ElfFiles = ReadonlyMap<string, ElfFile>

/** A tree below `/usr/CHOST` with a C library of its own. */
export interface Sysroot {
  path: string
  tuple: Tuple
  /**
   * Where its libraries are: its own directories, and at last where gcc keeps libgcc_s and libstdc++ for this target,
   * since these are copied to a machine together with the sysroot.
   */
  directories: readonly string[]
}

/** The libraries of a root, as its loaders find them. */
export interface LibrarySearch {
  sysroots: readonly Sysroot[]
  /** Canonical path of the library that `soname` resolves to for the file at `path`, or undefined. */
  find(soname: string, from: { path: string; elf: ElfFile; rpath?: string | undefined }): string | undefined
  /** Canonical path of the program interpreter of the file at `path`, of its class and machine; undefined without one. */
  findInterpreter(path: string, elf: ElfFile): string | undefined
}

const DEFAULT_DIRECTORIES = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/lib32', '/usr/lib32']
const IN_SYSROOT = ['/lib64', '/usr/lib64', '/lib', '/usr/lib']

/** Makes the search over the files of `view`. */
export function searchLibraries(view: RootView, files: ElfFiles): LibrarySearch {
  const sysroots = findSysroots(view)
  const native = [...ldConfDirectories(view), ...DEFAULT_DIRECTORIES, ...multiarchBelow(view, '')]
  const fits = (path: string, elf: ElfFile): string | undefined => {
    const canonical = view.canonical(path)
    const found = canonical === undefined ? undefined : files.get(canonical)
    return found?.class === elf.class && found.machine === elf.machine ? canonical : undefined
  }
  return {
    sysroots,
    find(soname, { path, elf, rpath }) {
      const scope = scopeOf(path, elf, sysroots)
      // A name with a slash is a path, perhaps from $ORIGIN: the loader searches nothing.
      if (soname.includes('/')) {
        const paths = expandEntry(soname, { path, prefix: scope.prefix })
        return paths.map((name) => fits(name, elf)).find((found) => found !== undefined)
      }
      const own = ownPath(elf, rpath).flatMap((entry) => expandEntry(entry, { path, prefix: scope.prefix }))
      const directories = [...own, ...scope.directories, ...(scope.closed ? [] : native)]
      for (const directory of directories) {
        const found = fits(`${directory}/${soname}`, elf)
        if (found !== undefined) return found
      }
      return undefined
    },
    findInterpreter(path, elf) {
      const { prefix } = scopeOf(path, elf, sysroots)
      return elf.interpreter === undefined ? undefined : fits(`${prefix}/${elf.interpreter}`, elf)
    },
  }
}

/** Entries of the file's own search path: RUNPATH, else its RPATH and what it inherits; RUNPATH silences RPATH. */
function ownPath(elf: ElfFile, inherited: string | undefined): string[] {
  const paths = elf.runpath === undefined ? [elf.rpath, inherited] : [elf.runpath]
  return paths.flatMap((path) => (path === undefined ? [] : path.split(':')))
}

/** Directories that one entry of a search path means for the file at `path`; `$LIB` differs between distributions. */
export function expandEntry(entry: string, { path, prefix }: { path: string; prefix: string }): string[] {
  const origin = path.slice(0, path.lastIndexOf('/')) || '/'
  const token = (name: string): RegExp => new RegExp(`\\$(?:\\{${name}\\}|${name}(?![A-Za-z0-9_]))`, 'g')
  const hasOrigin = token('ORIGIN').test(entry)
  const expanded = entry.replace(token('ORIGIN'), () => origin)
  if (!expanded.startsWith('/')) return []
  const placed = hasOrigin ? expanded : prefix + expanded
  return token('LIB').test(placed)
    ? ['lib64', 'lib'].map((lib) => placed.replace(token('LIB'), () => lib))
    : [placed]
}

/** Where a file's libraries are looked for before the root's own directories, or (`closed`) instead of them. */
interface Scope {
  /** What absolute paths of the file are relative to: its sysroot, or nothing. */
  prefix: string
  directories: readonly string[]
  closed: boolean
}

/** `/usr/lib/gcc/CHOST/…`: libraries that gcc keeps for its target, not for the machine it runs on. */
const TARGET_LIBRARY = /^\/(?:usr\/)?lib(?:32|64)?\/gcc(?:-cross)?\/([^/]+)\//

function scopeOf(path: string, elf: ElfFile, sysroots: readonly Sysroot[]): Scope {
  const fitting = sysroots.filter((sysroot) => isElfOf(sysroot.tuple.architecture, elf))
  const inside = fitting.find((sysroot) => path.startsWith(`${sysroot.path}/`))
  if (inside !== undefined) {
    // `/usr/CHOST/bin` is also where a toolchain keeps as and ld, which run on the build machine, with its libraries: also
    // those of a target of the same machine.
    if (path.startsWith(`${inside.path}/bin/`)) return { prefix: '', directories: [], closed: false }
    return { prefix: inside.path, directories: inside.directories, closed: true }
  }
  const target = TARGET_LIBRARY.exec(path)?.[1]
  const sysroot = fitting.find(({ tuple }) => tuple.text === target)
  if (sysroot === undefined || elf.interpreter !== undefined)
    return { prefix: '', directories: [], closed: false }
  const origin = path.slice(0, path.lastIndexOf('/'))
  return { prefix: '', directories: [origin, ...sysroot.directories], closed: false }
}

function findSysroots(view: RootView): Sysroot[] {
  return listDirectory(view, '/usr').flatMap((name) => {
    const tuple = readTuple(name)
    const path = `/usr/${name}`
    // Canonical, and no link: `/usr/CHOST` that is a link leads to a tree that has its own name.
    if (tuple === undefined || view.canonical(path) !== path) return []
    const own = [...IN_SYSROOT.map((directory) => path + directory), ...multiarchBelow(view, path)]
    const hasLibc = own.some((directory) =>
      listDirectory(view, directory).some((file) => /^(libc\.so|libc\.musl|ld-)/.test(file)),
    )
    const gcc = `/usr/lib/gcc/${name}`
    const runtime = listDirectory(view, gcc).map((version) => `${gcc}/${version}`)
    return hasLibc ? [{ path, tuple, directories: [...own, ...runtime] }] : []
  })
}

/** Directories such as `/usr/lib/x86_64-linux-gnu` below `path`; their tuple need not be the sysroot's own. */
function multiarchBelow(view: RootView, path: string): string[] {
  return [`${path}/lib`, `${path}/usr/lib`].flatMap((parent) =>
    listDirectory(view, parent)
      .filter((name) => readTuple(name) !== undefined)
      .map((name) => `${parent}/${name}`),
  )
}
