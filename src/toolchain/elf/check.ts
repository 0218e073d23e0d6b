// Proves that a root is linked against itself: every library that an ELF file in it needs is found inside it, the way
// the loader looks (docs/manual.md, "What is checked after each stage"), and tells what it is linked with. Reads only;
// follows no link out of the root.

import { createHash, type Hash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { firstOf } from '../root/bounds.js'
import { type FileLook, fileReader } from '../root/file-look.js'
import { ownerIndex } from '../root/owners.js'
import { displayName, type RootView, viewRoot, type WalkNotes, walkRoot, withFile } from '../root/view.js'
import type { ElfFile } from './elf.js'
import { type LibrarySearch, searchLibraries } from './search.js'
import { type ElfTable, makeElfTable, searchPath, type TableRow } from './table.js'
import { type LibraryUsers, libraryUsers } from './users.js'

/** A finding about one file; `package` is its owner by the root's own /var/db/pkg, if it has one. */
export interface ElfFinding {
  file: string
  package?: string
}

/** What {@link checkElf} found. Paths are text, absolute inside the root, sorted by file. */
export interface ElfReport {
  /** Regular files looked at. */
  files: number
  /** ELF programs and libraries that are linked dynamically, and so were checked. */
  checked: number
  missing: (ElfFinding & { soname: string })[]
  interpreters: (ElfFinding & { interpreter: string })[]
  /** Programs whose loader and C library belong to different packages: the one of another C library. */
  mixed: (ElfFinding & { interpreter: string; library: string })[]
  /** RPATH and RUNPATH entries that lead out of what is shipped: build directories, temporary or relative ones. */
  runpaths: (ElfFinding & { entry: string })[]
  /** Broken ELF files, in words. They do not run, so they are no failure of the root by themselves. */
  problems: (ElfFinding & { problem: string })[]
  /** Trees below /usr that were taken as the root of another toolchain. */
  sysroots: string[]
  /** Directories left out since something is mounted there. */
  mounts: string[]
  /** Directories and files that could not be read. */
  unreadable: { path: string; reason: string }[]
  /** How many findings that keep the root from being used are in none of these lists, which have bounds. */
  left: number
  table: ElfTable
}

/** The lists of an {@link ElfReport} that whoever made the root can make as long as they like. */
const LISTS = [
  ...(['missing', 'interpreters', 'mixed', 'runpaths', 'problems'] as const),
  ...(['sysroots', 'mounts', 'unreadable'] as const),
]

/** Cuts the lists of `report`. */
function bound(report: ElfReport): void {
  for (const name of LISTS) {
    const told = firstOf<ElfReport[typeof name][number]>(report[name])
    if (FATAL.some((each) => each === name)) report.left += report[name].length - told.length
    Object.assign(report, { [name]: told })
  }
}

/** Lists of a report that keep a root from being used by itself. */
const FATAL = ['missing', 'interpreters', 'mixed', 'runpaths', 'unreadable'] as const

/** Whether a report holds nothing that keeps a root from being used: missing libraries, interpreters, unread parts … */
export const isSelfContained = (report: ElfReport): boolean =>
  report.left === 0 && FATAL.every((list) => report[list].length === 0)

/** What in a root is not of it, in words. */
export function neededFromOutside(
  report: Pick<ElfReport, 'missing' | 'interpreters' | 'mixed' | 'runpaths'>,
): string[] {
  const by = ({ file, package: owner }: ElfFinding): string => `${file} (${owner ?? 'no package'})`
  return [
    ...report.missing.map((one) => `${by(one)} needs ${one.soname}`),
    ...report.interpreters.map((one) => `${by(one)} needs the loader ${one.interpreter}`),
    ...report.mixed.map(
      (one) => `${by(one)} has the loader ${one.interpreter}, and ${one.library} is of another C library`,
    ),
    ...report.runpaths.map((one) => `${by(one)} looks for libraries in ${one.entry || 'the current folder'}`),
  ]
}

/** What {@link checkElf} gives. */
export interface ElfScan {
  report: ElfReport
  /** Each file that has something to say, by path. */
  rows: TableRow[]
  /** The package of each file; byte strings. */
  owners: ReadonlyMap<string, string>
  /** SHA-256 over the files and links of the root: their paths, modes, owners, times, targets and contents. */
  digest: string
  /** About how many bytes a tar of the root has. */
  bytes: number
}

/** Of a tar: a header, and the end of the last block of a file. */
const BYTES_OF_A_MEMBER = 768

/**
 * Checks every file below `root`; each is read once. Separate debug files (`/usr/lib/debug`) are left out: nothing loads them.
 *
 * @param root an absolute directory; for an assembled overlay, inside the mount namespace that holds it
 */
export async function checkElf(root: string): Promise<ElfScan> {
  const view = viewRoot(root)
  const report = emptyReport()
  const hash = createHash('sha256')
  const { looks, bytes } = await readFiles(view, report, hash)
  const files = new Map<string, ElfFile>()
  for (const [path, { elf }] of looks)
    if (elf !== undefined && 'type' in elf && (elf.type === 2 || elf.type === 3)) files.set(path, elf)
  const search = searchLibraries(view, files)
  report.sysroots = search.sysroots.map(({ path }) => displayName(path))
  const context = { search, report, users: libraryUsers(files, search), owners: ownerIndex(view) }
  const rows = [...looks].map(([path, look]) => makeRow(path, look, context))
  report.table = makeElfTable(rows, context.owners)
  nameOwners(report, context.owners)
  bound(report)
  rows.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { report, rows, owners: context.owners, digest: hash.digest('hex'), bytes }
}

function emptyReport(): ElfReport {
  return {
    files: 0,
    checked: 0,
    missing: [],
    interpreters: [],
    mixed: [],
    runpaths: [],
    problems: [],
    sysroots: [],
    mounts: [],
    unreadable: [],
    left: 0,
    table: makeElfTable([], new Map()),
  }
}

/** Looks at every file; those that have something to say, by path, which is canonical as the walk follows no link. */
async function readFiles(
  view: RootView,
  report: ElfReport,
  hash: Hash,
): Promise<{ looks: Map<string, FileLook>; bytes: number }> {
  let bytes = 0
  const looks = new Map<string, FileLook>()
  const notes: WalkNotes = { mounts: report.mounts, unreadable: report.unreadable }
  const look = fileReader(hash)
  for (const { path, kind } of walkRoot(view, notes)) {
    hash.update(`${kind} ${path}\0`, 'latin1')
    bytes += BYTES_OF_A_MEMBER
    if (kind === 'symlink') hash.update(readlinkSync(view.real(path), 'buffer')).update('\0')
    if (kind !== 'file') continue
    if (++report.files % 2048 === 0) await new Promise((resume) => setImmediate(resume))
    if (path.startsWith('/usr/lib/debug/')) continue
    const found = quietly(() => withFile(view, path, look), path, report)
    bytes += found?.bytes ?? 0
    if (found?.elf !== undefined && 'problem' in found.elf)
      report.problems.push({ file: path, problem: found.elf.problem })
    if (found !== undefined && (found.compilers !== undefined || found.places.length > 0))
      looks.set(path, found)
  }
  return { looks, bytes: Math.round(bytes) }
}

function quietly(look: () => FileLook, path: string, report: ElfReport): FileLook | undefined {
  try {
    return look()
  } catch (error) {
    report.unreadable.push({ path, reason: (error as Error).message })
    return undefined
  }
}

interface Context {
  search: LibrarySearch
  report: ElfReport
  users: LibraryUsers
  owners: ReadonlyMap<string, string>
}

/** The row of a file; what is wrong with it is reported. */
function makeRow(path: string, look: FileLook, context: Context): TableRow {
  const { compilers, places } = look
  const elf = look.elf === undefined || 'problem' in look.elf ? undefined : look.elf
  const links = elf === undefined ? { interpreter: undefined, libraries: [] } : checkFile(path, elf, context)
  return { path, package: context.owners.get(path), elf, compilers, places, ...links }
}

type Links = Pick<TableRow, 'interpreter' | 'libraries'>

function checkFile(path: string, elf: ElfFile, { search, report, users, owners }: Context): Links {
  if (elf.needed.length === 0 && elf.interpreter === undefined)
    return { interpreter: undefined, libraries: [] }
  report.checked++
  const rpath = users.inheritedRpath(path)
  const libraries = elf.needed.map((soname) => {
    const found = search.find(soname, { path, elf, rpath })
    const library = found ?? users.bring(path, soname)
    if (library === undefined) report.missing.push({ file: path, soname })
    return library
  })
  const interpreter = search.findInterpreter(path, elf)
  if (elf.interpreter !== undefined) {
    if (interpreter === undefined) report.interpreters.push({ file: path, interpreter: elf.interpreter })
    const library = libraries[elf.needed.findIndex((soname) => LIBC.test(soname))]
    if (interpreter !== undefined && library !== undefined && areOfTwo(owners, interpreter, library))
      report.mixed.push({ file: path, interpreter, library })
  }
  for (const entry of searchPath(elf)) if (leadsOutside(entry)) report.runpaths.push({ file: path, entry })
  return { interpreter, libraries }
}

/** The C library of a program: glibc's; musl's is its loader itself, which needs no look. */
const LIBC = /^libc\.so\.\d/
function areOfTwo(owners: ReadonlyMap<string, string>, one: string, other: string): boolean {
  const [left, right] = [owners.get(one), owners.get(other)]
  return left !== undefined && right !== undefined && left !== right
}

/** Where builds happen and what is not shipped: an installed file must not look for libraries there. */
const OUTSIDE = /^\/+(tmp|var\/tmp|home|root|proc|dev|run|mnt|media|build)(\/|$)/

/** Whether a RUNPATH entry names a build or temporary directory, or is relative to wherever the program is started. */
export function leadsOutside(entry: string): boolean {
  return !/^(\/|\$\{?ORIGIN\b)/.test(entry) || OUTSIDE.test(entry)
}

/** Puts in the owning packages, turns byte strings into text, and sorts. */
function nameOwners(report: ElfReport, owners: ReadonlyMap<string, string>): void {
  const findings = [report.missing, report.interpreters, report.mixed, report.runpaths, report.problems]
  for (const list of findings as ElfFinding[][]) {
    for (const finding of list) {
      const owner = owners.get(finding.file)
      for (const [key, value] of Object.entries(finding))
        Object.assign(finding, { [key]: displayName(value as string) })
      if (owner !== undefined) finding.package = displayName(owner)
    }
    list.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
  }
  report.mounts = report.mounts.map(displayName)
  report.unreadable = report.unreadable.map(({ path, reason }) => ({ path: displayName(path), reason }))
}
