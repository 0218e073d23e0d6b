// What a root is linked with, added up: interpreters, libraries, search paths, compilers, places of builds. The table is
// for the record, its rows, a line for each file, for the log.

import { plainText } from '../../events/plain-text.js'
import { firstOf } from '../root/bounds.js'
import type { BuildPlace } from '../root/build-paths.js'
import { displayName } from '../root/view.js'
import type { ElfFile } from './elf.js'

/** A file that the dynamic loader starts with, or that it loads, and how many files ask for it. */
export interface Linked {
  /** Where it is in the root, links followed; absent when it is not there. */
  path?: string
  /** The package that owns it. */
  package?: string
  files: number
}

/** Counts of files, each list by name. */
export interface ElfTable {
  /** By PT_INTERP. */
  interpreters: ({ interpreter: string } & Linked)[]
  /** By DT_NEEDED and what it resolves to, which is another file in the sysroot of a cross toolchain. */
  libraries: ({ soname: string } & Linked)[]
  /** By single entries of RUNPATH and RPATH. */
  runpaths: { entry: string; files: number }[]
  /** By what .comment says: ELF files and archives of such. A file has several where several took part. */
  compilers: Record<string, number>
  /** ELF files and archives in which no compiler is named: assembled ones, and where it was stripped. */
  unsigned: number
  /** Places that exist only during a build, by place and kind of file; `packages` own the files. */
  buildPlaces: { place: BuildPlace; in: 'elf' | 'other'; files: number; packages: string[] }[]
}

/** A file that has a row. Names are byte strings. */
export interface TableRow {
  path: string
  package: string | undefined
  elf: ElfFile | undefined
  /** Path of the interpreter, undefined when it is not in the root. */
  interpreter: string | undefined
  /** Path of each DT_NEEDED, in its order. */
  libraries: readonly (string | undefined)[]
  compilers: readonly string[] | undefined
  places: readonly BuildPlace[]
}

/** Adds `rows` up. @param owners by canonical path */
export function makeElfTable(rows: Iterable<TableRow>, owners: ReadonlyMap<string, string>): ElfTable {
  const sums = {
    interpreters: new Tally(),
    libraries: new Tally(),
    runpaths: new Tally(),
    compilers: new Tally(),
    places: new Tally(),
  }
  let unsigned = 0
  for (const row of rows) {
    addLinks(row, sums)
    if (row.compilers?.length === 0) unsigned++
    for (const name of row.compilers ?? []) sums.compilers.add(name)
    const kind = row.compilers === undefined ? 'other' : 'elf'
    for (const place of row.places) sums.places.add(place, kind, row.package)
  }
  const linked = ({ second: path, files }: Sum): Linked => {
    const owner = path === undefined ? undefined : owners.get(path)
    return {
      ...(path === undefined ? {} : { path: displayName(path) }),
      ...(owner === undefined ? {} : { package: displayName(owner) }),
      files,
    }
  }
  return {
    interpreters: sums.interpreters.map((sum) => ({ interpreter: displayName(sum.name), ...linked(sum) })),
    libraries: sums.libraries.map((sum) => ({ soname: displayName(sum.name), ...linked(sum) })),
    runpaths: sums.runpaths.map(({ name, files }) => ({ entry: displayName(name), files })),
    compilers: Object.fromEntries(sums.compilers.map(({ name, files }) => [displayName(name), files])),
    unsigned,
    buildPlaces: sums.places.map(({ name, second, files, packages }) => ({
      place: name,
      in: second === 'elf' ? 'elf' : 'other',
      files,
      packages: firstOf([...packages].map(displayName).sort()),
    })),
  }
}

function addLinks(
  { elf, interpreter, libraries }: TableRow,
  sums: Record<'interpreters' | 'libraries' | 'runpaths', Tally>,
): void {
  if (elf === undefined) return
  if (elf.interpreter !== undefined) sums.interpreters.add(elf.interpreter, interpreter)
  // A file may name a library twice; it counts once.
  for (const [index, soname] of elf.needed.entries())
    if (elf.needed.indexOf(soname) === index) sums.libraries.add(soname, libraries[index])
  for (const entry of new Set(searchPath(elf))) sums.runpaths.add(entry)
}

/** Entries of RPATH and RUNPATH. An empty path is none; an empty entry among others means the current folder. */
export const searchPath = (elf: ElfFile | undefined): string[] =>
  [elf?.rpath, elf?.runpath].flatMap((path) => (path === undefined || path === '' ? [] : path.split(':')))

interface Sum {
  name: string
  second: string | undefined
  files: number
  packages: Set<string>
}

/** Counts files by a name and perhaps a second one. */
class Tally {
  readonly #sums = new Map<string, Sum>()

  add(name: string, second?: string, owner?: string): void {
    const key = `${name}\0${second ?? ''}`
    const sum = this.#sums.get(key) ?? { name, second, files: 0, packages: new Set() }
    sum.files++
    if (owner !== undefined) sum.packages.add(owner)
    this.#sums.set(key, sum)
  }

  map<T>(make: (sum: Sum) => T): T[] {
    return firstOf([...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => make(sum)))
  }
}

/** Names of the columns of {@link rowText}. */
export const ROW_COLUMNS = [
  'path',
  'package',
  'kind',
  'interpreter',
  'libraries',
  'runpath',
  'compilers',
  'places',
]

/** A row as a line of tab-separated fields; `-` is an empty one, and a control character becomes `?`. */
export function rowText({ path, package: owner, elf, ...row }: TableRow): string {
  const libraries = elf?.needed.map((soname, index) => `${soname}=${row.libraries[index] ?? '?'}`)
  const interpreter = elf?.interpreter === undefined ? [] : [`${elf.interpreter}=${row.interpreter ?? '?'}`]
  const fields = [
    [path],
    [owner ?? ''],
    [kindOf(row, elf)],
    interpreter,
    libraries ?? [],
    searchPath(elf),
    row.compilers ?? [],
    row.places,
  ]
  return fields.map((words) => plainText(displayName(words.join('; '))) || '-').join('\t')
}

function kindOf({ compilers }: Pick<TableRow, 'compilers'>, elf: ElfFile | undefined): string {
  if (elf === undefined) return compilers === undefined ? 'other' : 'archive'
  const type = ['', 'object', 'program', elf.interpreter === undefined ? 'library' : 'program', 'core'][
    elf.type
  ]
  return `${type ?? elf.type} ${elf.class} ${elf.machine}`
}
