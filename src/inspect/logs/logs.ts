// The logs of a version: those of stages and of packages, as they were taken over or as an attempt that was killed left them.
// They lie in folders that a stage could write to, so nothing there is followed and only plain files count.

import { closeSync, fstatSync, opendirSync } from 'node:fs'
import path from 'node:path'
import { isCalled } from '../../portage/atoms.js'
import { STAGES, type StageName } from '../../sdk/stages.js'
import { HeldFolder, openBelow } from '../../store/hostile/held-folder.js'
import { type Layout, STAGE_LOGS } from '../../store/layout.js'

/** A log: `name` below `folder`. */
export interface LogFile {
  readonly stage: StageName
  readonly folder: string
  readonly name: string
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly changed: number
}

/** The log of a package's build. */
export interface PackageLog extends LogFile {
  /** `category/name-version`. */
  readonly package: string
  /** When it was begun, as Portage writes it: `20260131-123456`. */
  readonly begun: string
}

/** More names are not looked at. */
const MOST_NAMES = 200_000
/** More files are not told of, of all folders together: their names alone could fill the memory of the engine. */
const MOST_FILES = 20_000
/** `category:name-version:time.log`, or with FEATURES=split-log `build/category/name-version:time.log`. */
const PACKAGE_LOG = /^(?:build\/)?([^/:]+)[:/]([^/:]+):(\d{8}-\d{6})\.log$/

/** The path of a log. */
export const pathOf = ({ folder, name }: Pick<LogFile, 'folder' | 'name'>): string => path.join(folder, name)

/** The folders in which a stage of the version has logs. */
const foldersOf = (layout: Layout, stage: StageName): string[] => [
  layout.stageLog(stage),
  path.join(layout.work(stage), 'log'),
]

/** All logs of packages of the version, the newest first. */
export function packageLogs(layout: Layout): PackageLog[] {
  const found: PackageLog[] = []
  for (const log of allLogs(layout)) {
    const [, category, name, begun] = PACKAGE_LOG.exec(log.name) ?? []
    if (begun !== undefined) found.push({ ...log, package: `${category}/${name}`, begun })
  }
  return found.sort((a, b) => compare(b.begun, a.begun) || b.changed - a.changed || compare(a.name, b.name))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Those of `logs` whose package is called so. */
export const logsOf = (logs: readonly PackageLog[], asked: string): PackageLog[] =>
  logs.filter((log) => isCalled(log.package, asked))

/** The logs of a stage itself. */
export function stageLogs(layout: Layout, stage: StageName): LogFile[] {
  const folder = layout.stageLog(stage)
  return STAGE_LOGS.flatMap((name) => lookAt(stage, folder, name) ?? [])
}

/** What is at a name; undefined when it is no plain file, or may not be read. */
export function lookAt(stage: StageName, folder: string, name: string): LogFile | undefined {
  const fd = readable(() => openBelow(folder, name))
  if (fd === undefined) return undefined
  const { size, mtimeMs } = fstatSync(fd)
  closeSync(fd)
  return { stage, folder, name, bytes: size, changed: mtimeMs }
}

/** What may not be looked at without root is as if it were not there. */
function readable<T>(look: () => T | undefined): T | undefined {
  try {
    return look()
  } catch (error) {
    if (
      ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')
    )
      return undefined
    throw error
  }
}

/** All plain files in the folders of logs. */
function allLogs(layout: Layout): LogFile[] {
  const found: LogFile[] = []
  for (const stage of STAGES)
    for (const folder of foldersOf(layout, stage))
      for (const name of filesBelow(folder, { depth: 3, most: MOST_FILES - found.length }))
        add(found, lookAt(stage, folder, name))
  return found
}

function add<T>(list: T[], found: T | undefined): void {
  if (found !== undefined) list.push(found)
}

/** Which files are looked for below a folder. */
interface Search {
  /** Most components of a name. */
  readonly depth: number
  /** Most files; default: {@link MOST_FILES}. */
  readonly most?: number
  /** By the name below the folder; default: all. */
  readonly wants?: (name: string) => boolean
  /** Names of folders, one in the other, in which alone is looked. */
  readonly within?: readonly string[]
}

/** The names of the plain files below `folder`, sorted; links are not followed, and what may not be looked at is left out. */
export function filesBelow(
  folder: string,
  { depth, wants = () => true, within = [], most = MOST_FILES }: Search,
): string[] {
  const found: string[] = []
  let names = 0
  const visit = (held: HeldFolder, below: string, left: number): void => {
    const entries = opendirSync(held.path)
    try {
      for (
        let entry = entries.readSync();
        entry !== null && names < MOST_NAMES && found.length < most;
        entry = entries.readSync()
      ) {
        names += 1
        const name = `${below}${entry.name}`
        if (entry.isFile() && wants(name)) found.push(name)
        if (entry.isDirectory() && left > 1) descend(held, name, left - 1)
      }
    } finally {
      entries.closeSync()
    }
  }
  const descend = (held: HeldFolder, name: string, left: number): void =>
    inFolder(
      () => held.folder(path.basename(name)),
      (next) => visit(next, `${name}/`, left),
    )
  const start = (held: HeldFolder, at: number): void => {
    const name = within[at]
    if (name === undefined) visit(held, within.map((each) => `${each}/`).join(''), depth - at)
    else
      inFolder(
        () => held.folder(name),
        (next) => start(next, at + 1),
      )
  }
  inFolder(
    () => HeldFolder.open(folder),
    (held) => start(held, 0),
  )
  return found.sort(compare)
}

/** Does something in a folder, if it is one and may be read. */
function inFolder(open: () => HeldFolder, act: (held: HeldFolder) => void): void {
  const held = readable(open)
  if (held === undefined) return
  try {
    readable(() => act(held))
  } finally {
    held.close()
  }
}
