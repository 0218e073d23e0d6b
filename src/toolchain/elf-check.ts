// Proves that a root is linked against itself: every library that an ELF file in it needs is found inside it, the way
// the loader looks (design, section 3). Reads only; follows no link out of the root.

import { type ElfFile, readElf } from './elf.js'
import { type LibrarySearch, searchLibraries } from './elf-search.js'
import { type LibraryUsers, libraryUsers } from './elf-users.js'
import { ownerIndex } from './owners.js'
import { displayName, type RootView, viewRoot, type WalkNotes, walkRoot, withFile } from './root-view.js'

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
  /** RPATH and RUNPATH entries that lead out of what is shipped: build directories, temporary or relative ones. */
  runpaths: (ElfFinding & { entry: string })[]
  /** Broken ELF files, in words. They do not run, so they are no failure of the root by themselves. */
  problems: (ElfFinding & { problem: string })[]
  /** Trees below /usr that were taken as the root of another toolchain. */
  sysroots: string[]
  /** Directories left out since something is mounted there. */
  mounts: string[]
  unreadable: { path: string; reason: string }[]
}

/** Whether a report holds nothing that keeps a root from being used: missing libraries, interpreters, unread parts. */
export function isSelfContained(report: ElfReport): boolean {
  return report.missing.length === 0 && report.interpreters.length === 0 && report.unreadable.length === 0
}

/**
 * Checks every ELF file below `root`. Separate debug files (`/usr/lib/debug`) are left out: nothing loads them.
 *
 * @param root an absolute directory; for an assembled overlay, inside the mount namespace that holds it
 */
export async function checkElf(root: string): Promise<ElfReport> {
  const view = viewRoot(root)
  const report = emptyReport()
  const files = await readFiles(view, report)
  const search = searchLibraries(view, files)
  report.sysroots = search.sysroots.map(({ path }) => displayName(path))
  const users = libraryUsers(files, search)
  for (const [path, elf] of files) checkFile({ path, elf, search, report, users })
  nameOwners(report, view)
  return report
}

function emptyReport(): ElfReport {
  return {
    files: 0,
    checked: 0,
    missing: [],
    interpreters: [],
    runpaths: [],
    problems: [],
    sysroots: [],
    mounts: [],
    unreadable: [],
  }
}

/** Reads every ELF file that takes part in dynamic linking; keyed by path, which is canonical as the walk follows no link. */
async function readFiles(view: RootView, report: ElfReport): Promise<Map<string, ElfFile>> {
  const files = new Map<string, ElfFile>()
  const notes: WalkNotes = { mounts: report.mounts, unreadable: report.unreadable }
  for (const { path, kind } of walkRoot(view, notes)) {
    if (kind !== 'file') continue
    if (++report.files % 2048 === 0) await new Promise((resume) => setImmediate(resume))
    if (path.startsWith('/usr/lib/debug/')) continue
    const reading = withFile(view, path, (fd) => readQuietly(fd, path, report))
    if (reading === undefined) continue
    if ('problem' in reading) report.problems.push({ file: path, problem: reading.problem })
    else if (reading.type === 2 || reading.type === 3) files.set(path, reading)
  }
  return files
}

function readQuietly(fd: number, path: string, report: ElfReport): ReturnType<typeof readElf> {
  try {
    return readElf(fd)
  } catch (error) {
    report.unreadable.push({ path, reason: (error as Error).message })
    return undefined
  }
}

function checkFile(context: {
  path: string
  elf: ElfFile
  search: LibrarySearch
  report: ElfReport
  users: LibraryUsers
}): void {
  const { path, elf, search, report, users } = context
  if (elf.needed.length === 0 && elf.interpreter === undefined) return
  report.checked++
  const rpath = users.inheritedRpath(path)
  for (const soname of elf.needed) {
    const found = search.find(soname, { path, elf, ...(rpath === undefined ? {} : { rpath }) })
    if (found === undefined && !users.bring(path, soname)) report.missing.push({ file: path, soname })
  }
  if (elf.interpreter !== undefined && !search.hasInterpreter(path, elf))
    report.interpreters.push({ file: path, interpreter: elf.interpreter })
  for (const entry of [elf.rpath, elf.runpath].flatMap((value) => value?.split(':') ?? []))
    if (leadsOutside(entry)) report.runpaths.push({ file: path, entry })
}

/** Where builds happen and what is not shipped: an installed file must not look for libraries there. */
const OUTSIDE = /^\/+(tmp|var\/tmp|home|root|proc|dev|run|mnt|media|build)(\/|$)/

/** Whether a RUNPATH entry names a build or temporary directory, or is relative to wherever the program is started. */
export function leadsOutside(entry: string): boolean {
  return !/^(\/|\$\{?ORIGIN\b)/.test(entry) || OUTSIDE.test(entry)
}

/** Puts in the owning packages, turns byte strings into text, and sorts. The index is read only if it is needed. */
function nameOwners(report: ElfReport, view: RootView): void {
  const findings = [report.missing, report.interpreters, report.runpaths, report.problems]
  const owners = findings.some((list) => list.length > 0) ? ownerIndex(view) : undefined
  for (const list of findings as ElfFinding[][]) {
    for (const finding of list) {
      const owner = owners?.get(finding.file)
      for (const [key, value] of Object.entries(finding))
        Object.assign(finding, { [key]: displayName(value as string) })
      if (owner !== undefined) finding.package = displayName(owner)
    }
    list.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
  }
  report.mounts = report.mounts.map(displayName)
  report.unreadable = report.unreadable.map(({ path, reason }) => ({ path: displayName(path), reason }))
}
