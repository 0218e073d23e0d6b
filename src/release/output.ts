// The output of a run in a folder of its user's: filled aside, given to its owner and synced, in place only when it is whole. The
// folder may be somebody else's, who changes it meanwhile: nothing goes through a link there.

import { randomBytes } from 'node:crypto'
import { constants, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError, SdkError } from '../errors.js'
import { nearestThere } from '../files/place.js'
import { must } from '../process/run.js'
import {
  asideName,
  isReportAside,
  type OutputRequest,
  type Owner,
  REPORT_NAME,
  reportAside,
} from '../request/output.js'
import { syncPath } from '../store/disk/atomic.js'
import { HeldFolder } from '../store/hostile/held-folder.js'
import type { PublishedFile } from './files.js'

/** Where an output goes, and when it is given up. */
export interface OutputPlace extends OutputRequest {
  /** Of the version, which holds its lock: what a killed run has left aside has this in its name. */
  readonly id: string
  /** Whether a name directly in the folder is one that the version puts there. */
  isOwn(name: string): boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Puts `files` into the folder. One that was not there gets its name when all of it is there; into one that is there they are
 * moved in order, once all are beside it on the same disk.
 *
 * @throws SdkError SDK_PUBLISH when a file cannot be written there, SDK_SPACE
 */
export async function writeOutput(files: readonly PublishedFile[], place: OutputPlace): Promise<void> {
  const { folder } = place
  try {
    const there = nearestThere(folder)
    const from = HeldFolder.open(there)
    try {
      if (there === folder) await fill(from, files, { ...place, name: undefined })
      // Who gets the folder gets those above it that are made for it, too.
      else
        await inFolderOf(path.relative(there, folder), { from, owner: place.owner }, (around, name) =>
          fill(around, files, { ...place, name }),
        )
    } finally {
      from.close()
    }
  } catch (error) {
    throw explain(error, folder)
  }
}

/** Puts the report beside them, over an older one. @throws SdkError SDK_PUBLISH, SDK_SPACE */
export async function addReport(report: string, { folder, owner }: OutputRequest): Promise<void> {
  try {
    const held = HeldFolder.open(folder)
    const aside = held.at(reportAside(randomBytes(6)))
    try {
      await copyOwned(report, aside, owner)
      await rename(aside, held.at(REPORT_NAME))
    } finally {
      await rm(aside, { force: true })
      held.close()
    }
  } catch (error) {
    throw explain(error, path.join(folder, REPORT_NAME))
  }
}

function explain(error: unknown, to: string): unknown {
  const known = explainSystemError(error, to)
  if (known instanceof SdkError) return known
  if (!(error instanceof Error) || !('code' in error) || error.name === 'AbortError') return error
  const { code = '', dest, path: at } = error as NodeJS.ErrnoException & { dest?: string }
  // Of a folder that is held, the system's words have its number.
  const name = /^\/proc\/self\/fd\/\d+\/(.*)$/s.exec(dest ?? at ?? '')?.[1]
  const why = name === undefined ? error.message : `${error.message.split(',')[0]}: ${JSON.stringify(name)}`
  const look = IN_THE_WAY.has(code) ? 'look what stands there, and remove it; ' : ''
  return new SdkError('SDK_PUBLISH', `--output: ${to} cannot be written: ${why}`, {
    hint: `${look}the release is finished; the same command puts it there again`,
    cause: error,
  })
}

/** Something of another kind is where a file or a folder belongs, or nobody may replace it. */
const IN_THE_WAY = new Set(['EISDIR', 'ENOTDIR', 'EPERM', 'ENOTEMPTY', 'EEXIST', 'ELOOP'])

type Filling = OutputPlace & {
  /** What the folder is called in the end; undefined: it is `around` itself. */
  readonly name: string | undefined
}

async function fill(around: HeldFolder, files: readonly PublishedFile[], filling: Filling): Promise<void> {
  const { name, id, owner, signal } = filling
  const aside = asideName(id, name)
  await erase(around, aside)
  if (name === undefined)
    for (const left of (await readdir(around.path)).filter(isReportAside)) await erase(around, left)
  await mkdir(around.at(aside), { mode: 0o700 })
  const held = around.folder(aside)
  try {
    for (const file of files) {
      signal?.throwIfAborted()
      await inFolderOf(file.name, { from: held, owner }, async (folder, base) => {
        await copyOwned(file.path, folder.at(base), owner)
        await syncPath(folder.path)
      })
    }
    await give(held, owner)
    if (name === undefined) await requireOwn(around, filling)
    if (name === undefined) await moveAll(files, held, { to: around, owner })
    else await rename(around.at(aside), around.at(name))
    await syncPath(around.path)
  } finally {
    held.close()
    await erase(around, aside)
  }
}

/** Hours may lie between the first look at a folder and this: another version may have been put there, or something else. */
async function requireOwn({ path: at }: HeldFolder, { folder, isOwn }: OutputPlace): Promise<void> {
  const other = (await readdir(at)).find((name) => !isOwn(name))
  if (other === undefined) return
  const found = `--output: ${folder}: ${JSON.stringify(other)} has come there meanwhile, which is not of this version`
  throw new SdkError('SDK_PUBLISH', found, {
    hint: 'name another folder: the release is finished, and the same command puts it there',
  })
}

/** Removes a folder that its owner may change meanwhile: rm(1) goes through no link, also where there was a folder a moment ago. */
const erase = (around: HeldFolder, name: string): Promise<string> =>
  must({ argv: ['rm', '-rf', '--one-file-system', '--', `./${name}`], cwd: around.path }, 'SDK_PUBLISH')

interface Move {
  readonly to: HeldFolder
  readonly owner: Owner | undefined
}

async function moveAll(
  files: readonly PublishedFile[],
  from: HeldFolder,
  { to, owner }: Move,
): Promise<void> {
  for (const { name } of files)
    await inFolderOf(name, { from, owner: undefined }, (source, base) =>
      inFolderOf(name, { from: to, owner }, async (target) => {
        await rename(source.at(base), target.at(base))
        await syncPath(target.path)
      }),
    )
  await give(to, owner, false)
}

interface Root {
  readonly from: HeldFolder
  /** Who gets folders that are made. */
  readonly owner: Owner | undefined
}

/** Calls `act` with the folder of `name`, made where there is none, and the last part of the name. */
async function inFolderOf<T>(
  name: string,
  { from, owner }: Root,
  act: (folder: HeldFolder, base: string) => Promise<T>,
): Promise<T> {
  const parts = name.split('/')
  const base = parts.pop() ?? ''
  const held: HeldFolder[] = []
  try {
    for (const part of parts) {
      const around = held.at(-1) ?? from
      const isNew = around.look(part) === undefined
      const folder = around.makeFolder(part)
      held.push(folder)
      if (isNew) await give(folder, owner)
    }
    return await act(held.at(-1) ?? from, base)
  } finally {
    for (const folder of held) folder.close()
  }
}

/** Gives a held folder to its owner; one of ours may be looked into by all. */
async function give(folder: HeldFolder, owner: Owner | undefined, isOurs = true): Promise<void> {
  const handle = await open(folder.path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    if (isOurs) await handle.chmod(0o755)
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid)
  } finally {
    await handle.close()
  }
}

/** A copy with the times of `from`, on the disk, of its owner's. */
async function copyOwned(from: string, to: string, owner: Owner | undefined): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  const handle = await open(to, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const { atime, mtime } = await stat(from)
    await handle.utimes(atime, mtime)
    await handle.chmod(0o644)
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
