// Unfinished downloads in a directory that several runs share. A finished file appears by one rename; an unfinished
// one is `.NAME.partial.OWNER` while a process writes it and `.NAME.partial` when anyone may go on with it.

import { type FileHandle, lstat, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isGone, isOfHere, ownerToken } from '../process/owner.js'

/** A partial of another pid namespace or machine is taken over after this time without a write. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

/** An unfinished file that this process alone writes. */
export interface Partial {
  path: string
  /** Makes it the finished file, durably. It must be verified, and closed. */
  publish(): Promise<void>
  /** Leaves it for the next run to go on with; an empty one is removed. Never throws: it follows a failure. */
  release(): Promise<void>
}

let counter = 0

/** Takes over an unfinished download of `name` that nobody writes, or starts an empty one. */
export async function claimPartial(directory: string, name: string): Promise<Partial> {
  const path = join(directory, `.${name}.partial.${ownerToken()}-${++counter}`)
  for (const candidate of await abandoned(directory, name)) {
    // Renaming is the claim: of several runs one gets the file, the others go on to the next or start anew.
    if (
      await rename(candidate, path).then(
        () => true,
        () => false,
      )
    )
      return partial(directory, name, path)
  }
  await (await open(path, 'wx', 0o644)).close()
  return partial(directory, name, path)
}

function partial(directory: string, name: string, path: string): Partial {
  return {
    path,
    async publish() {
      await synced(path, 'r+')
      await rename(path, join(directory, name))
      await synced(directory, 'r')
      // What other runs gave up half-way is of no more use.
      for (const rest of await abandoned(directory, name)) await rm(rest, { force: true })
    },
    async release() {
      const size = await stat(path).then(
        ({ size }) => size,
        () => 0,
      )
      if (size === 0) await rm(path, { force: true }).catch(() => {})
      else await rename(path, join(directory, `.${name}.partial`)).catch(() => {})
    },
  }
}

async function synced(path: string, flags: string): Promise<void> {
  const handle: FileHandle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function abandoned(directory: string, name: string): Promise<string[]> {
  const free = `.${name}.partial`
  const found: string[] = []
  for (const entry of await readdir(directory)) {
    if (entry === free) found.unshift(join(directory, entry))
    else if (
      entry.startsWith(`${free}.`) &&
      (await isAbandoned(join(directory, entry), entry.slice(free.length + 1)))
    )
      found.push(join(directory, entry))
  }
  // A link would lead what is downloaded into another file, and nothing else than files is gone on with.
  const isFile = await Promise.all(
    found.map((file) =>
      lstat(file).then(
        (info) => info.isFile(),
        () => false,
      ),
    ),
  )
  return found.filter((_, index) => isFile[index])
}

async function isAbandoned(path: string, token: string): Promise<boolean> {
  const [, owner] = /^(\d+-\d+-\d+)-\d+$/.exec(token) ?? []
  if (owner !== undefined && isOfHere(owner)) return isGone(owner)
  const modified = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  )
  return Date.now() - modified > ABANDONED_MS
}
