// Takes over what a stage has written for later: only plain files of expected names and sizes leave its own folders, and
// they leave as ours. The stage has ended, so nothing there changes any more; what was made there is hostile all the same.

import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  opendirSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { kindOf } from '../../files/look.js'
import { HeldFolder, makeOurs } from './held-folder.js'

/** What may be taken over. */
export interface TakeOverRules {
  /** Whether a file is wanted, by its path below the folder; others stay and are not spoken of. */
  readonly wants: (file: string) => boolean
  /** Most components of a path. */
  readonly depth: number
  /** Most bytes of one file, and of all together. */
  readonly fileBytes: number
  readonly bytes: number
  /** Most names that are looked at, files and folders, wanted or not. */
  readonly names: number
}

/** What was not taken over although its name was expected, or because there was too much: words for a message. */
export type LeftBehind = string[]

/** Most refusals that are kept: each is a line of a message. */
const MAX_LEFT = 20

interface Taking {
  readonly rules: TakeOverRules
  readonly left: LeftBehind
  bytes: number
  names: number
  isOver: boolean
}

/**
 * Moves the wanted files of `from` to the same paths below `to`, in place of what is there. They become root's, mode 0644, without
 * capabilities. A file that an overlay's upper folder `from` says was deleted is deleted in `to`. What is refused stays.
 *
 * @param to exists
 */
export function takeOver(from: string, to: string, rules: TakeOverRules): LeftBehind {
  const taking: Taking = { rules, left: [], bytes: 0, names: 0, isOver: false }
  const source = HeldFolder.open(from)
  try {
    const target = HeldFolder.open(to)
    try {
      takeFolder(taking, [source, target], '')
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
  return taking.left
}

type Pair = readonly [source: HeldFolder, target: HeldFolder]

function takeFolder(taking: Taking, pair: Pair, below: string): void {
  const { rules } = taking
  // Streamed: there may be millions of names.
  const names = opendirSync(pair[0].path)
  try {
    for (let entry = names.readSync(); entry !== null && !taking.isOver; entry = names.readSync()) {
      if (++taking.names > rules.names) stop(taking, `more than ${rules.names} names`)
      else if (isPlainName(entry.name)) takeName(taking, pair, { below, name: entry.name })
    }
  } finally {
    names.closeSync()
  }
}

interface Named {
  readonly below: string
  readonly name: string
}

function takeName(taking: Taking, pair: Pair, { below, name }: Named): void {
  const file = `${below}${name}`
  const stats = pair[0].look(name)
  if (stats === undefined) return
  try {
    if (stats.isDirectory()) takeBelow(taking, pair, { below: `${file}/`, name })
    else if (taking.rules.wants(file)) takeFile(taking, pair, { file, name, stats })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // Something else has that name where it would go: a folder in place of a file, or the other way round.
    if (!['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY', 'ELOOP'].includes(code ?? '')) throw error
    leave(taking, `${file} (${message})`)
  }
}

function takeBelow(taking: Taking, pair: Pair, { below, name }: Named): void {
  if (below.split('/').length > taking.rules.depth) return
  const source = pair[0].folder(name)
  try {
    const target = pair[1].makeFolder(name)
    try {
      takeFolder(taking, [source, target], below)
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
  removeEmptied(pair[0], name)
}

/** Overlayfs may hold a folder that it has made for all there is of it; what was taken over is in the layer below now. */
function removeEmptied(held: HeldFolder, name: string): void {
  try {
    rmdirSync(held.at(name))
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function takeFile(
  taking: Taking,
  [source, target]: Pair,
  { file, name, stats }: { file: string; name: string; stats: Stats },
): void {
  const { rules } = taking
  if (stats.isCharacterDevice() && stats.rdev === 0) {
    // A whiteout of overlayfs.
    if (target.look(name)?.isDirectory() === false) unlinkSync(target.at(name))
    unlinkSync(source.at(name))
    return
  }
  if (!stats.isFile()) leave(taking, `${file} (${stats.isFIFO() ? 'a pipe' : kindOf(stats)})`)
  else if (stats.size > rules.fileBytes) leave(taking, `${file} (${stats.size} bytes)`)
  else if (taking.bytes + stats.size > rules.bytes) stop(taking, `more than ${rules.bytes} bytes`)
  else {
    taking.bytes += stats.size
    move(taking, [source, target], { file, name })
  }
}

/**
 * By its descriptor it is made ours; a file with several names is copied, so that it has one. It gets its name when it is in our folder and
 * seen to be what was opened: something else may have had its name by then.
 */
function move(taking: Taking, [source, target]: Pair, { file, name }: { file: string; name: string }): void {
  const fd = source.file(name)
  if (fd === undefined) return
  const aside = `.taken-over-${process.pid}`
  try {
    makeOurs(fd)
    rmSync(target.at(aside), { recursive: true, force: true })
    const { nlink } = fstatSync(fd)
    const isMoved = nlink === 1 && renamed([source, target], name, aside)
    if (!isMoved) copy(fd, target.at(aside))
    if (!isMoved || isOf(fd, target.look(aside))) renameSync(target.at(aside), target.at(name))
    else {
      rmSync(target.at(aside), { recursive: true, force: true })
      leave(taking, `${file} (it was exchanged meanwhile)`)
    }
  } finally {
    closeSync(fd)
  }
}

function isOf(fd: number, found: Stats | undefined): boolean {
  const { dev, ino } = fstatSync(fd)
  return found?.dev === dev && found.ino === ino
}

function renamed([source, target]: Pair, name: string, aside: string): boolean {
  try {
    renameSync(source.at(name), target.at(aside))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false
    throw error
  }
}

function copy(fd: number, aside: string): void {
  const { atime, mtime } = fstatSync(fd)
  copyFileSync(`/proc/self/fd/${fd}`, aside, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  utimesSync(aside, atime, mtime)
}

const leave = ({ left }: Taking, what: string): void => {
  if (left.length < MAX_LEFT) left.push(what)
}

function stop(taking: Taking, what: string): void {
  taking.isOver = true
  taking.left.push(`${what}: the rest was not looked at`)
}

/** What Portage, and a script for the engine, calls a file: letters, digits and signs of ASCII; hidden files are nobody's. */
const isPlainName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_+.,:=@~-]{0,254}$/.test(name)
