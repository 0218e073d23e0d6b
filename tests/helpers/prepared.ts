// What many tests begin with, made once: by a process, or by all that ever run, in `build/test-cache` of the project, where
// each folder has the digest of its inputs in its name. Deleting that folder is always safe.

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import path from 'node:path'
import { treeDigest } from '../../src/repos/digest.js'
import { acquireLock } from '../../src/store/lock.js'

/** The project, from dist/tests/helpers. */
const PROJECT = path.resolve(import.meta.dirname, '../../..')
const CACHE = path.join(PROJECT, 'build/test-cache')
const WEEK_MS = 7 * 24 * 3600 * 1000

/** `make`, which runs at the first call only; later calls get what that one got, its failure too. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** One digest of files and whole folders of the project, or of the machine by absolute paths. */
export async function inputsDigest(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const name of files) {
    const file = path.resolve(PROJECT, name)
    hash.update(statSync(file).isDirectory() ? await treeDigest(file) : readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

/** What {@link prepared} makes. */
export interface Preparation {
  readonly name: string
  /** Of everything that the result depends on: {@link inputsDigest}. */
  readonly digest: string
  /** Fills the folder; when it fails, nothing is kept. */
  make(folder: string): Promise<void>
}

/** The folder of a preparation, made unless it is there. Processes that need it at once wait for the one that makes it. */
export async function prepared({ name, digest, make }: Preparation): Promise<string> {
  const folder = path.join(CACHE, `${name}-${digest.slice(0, 16)}`)
  const lock = await acquireLock(`${folder}.lock`, {}, { waitSeconds: 3600 })
  try {
    if (!existsSync(folder)) {
      removeUnused()
      const unfinished = `${folder}.unfinished`
      rmSync(unfinished, { recursive: true, force: true })
      mkdirSync(unfinished)
      await make(unfinished)
      renameSync(unfinished, folder)
    }
    utimesSync(folder, new Date(), new Date())
    return folder
  } finally {
    lock.release()
  }
}

/** Of inputs that have changed since, nobody will ask again. */
function removeUnused(): void {
  for (const name of readdirSync(CACHE)) {
    const file = path.join(CACHE, name)
    if (Date.now() - statSync(file).mtimeMs > WEEK_MS) rmSync(file, { recursive: true, force: true })
  }
}
