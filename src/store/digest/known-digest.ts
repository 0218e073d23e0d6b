// Digests that were taken before, by what the file was then: nobody can write to a file and keep its ctime. So a large archive
// is read once, and a stat is enough until somebody touches it. A file that was changed in the very tick of the clock in which
// it was digested would look untouched: one that young is digested, but not noted (the racy rule of git's index,
// Documentation/technical/racy-git of git).
//
// store/digests/KEY.json   {format, key, stat, digest, seal}: KEY is of key, which says what was digested, stat of how it was then

import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import type { Emit } from '../../events/event.js'
import { readText } from '../../files/read.js'
import { writeFileAtomic } from '../disk/atomic.js'
import { sealed, unsealed } from '../sealed.js'
import { sha256File } from './digest.js'

const NOTE = v.object({ format: v.literal(2), key: v.string(), stat: v.string(), digest: v.string() })

/** A file or tree as a look at it finds it. */
export interface Standing {
  /** All that tells a changed one from this. */
  readonly stat: string
  /** The latest ctime of it, in nanoseconds since 1970. */
  readonly changed: bigint
}

/** Where digests are remembered: a folder below the store. Undefined: nowhere, and everything is read. */
export type DigestMemory = string | undefined

/** What is digested: its name in the memory, how to look at it, and how to read it. */
export interface Digested {
  readonly key: string
  look(): Promise<Standing>
  read(): Promise<string>
}

/** The digest of what is described: the one that is noted, if it stands as it stood then; else it is read, and noted. */
export async function knownDigest(memory: DigestMemory, { key, look, read }: Digested): Promise<string> {
  if (memory === undefined) return await read()
  const file = path.join(memory, `${createHash('sha256').update(key).digest('hex')}.json`)
  // What a look stops at, a file that may not be read or is just deleted, is perhaps none of what is digested; else reading says it.
  const before = await look().catch(() => undefined)
  if (before === undefined) return await read()
  const noted = unsealed(await readText(file).catch(() => ''), NOTE)
  if (noted?.stat === before.stat && noted.key === key) return noted.digest
  const begin = BigInt(Date.now()) * 1_000_000n
  const digest = await read()
  const after = await look().catch(() => undefined)
  const isNoted = isSettled(before, begin) && after?.stat === before.stat
  if (isNoted) await note(file, sealed({ format: 2, key, stat: before.stat, digest }))
  return digest
}

/** SHA-256 of `file`, as {@link sha256File}, which reads it unless it is known. @throws as that does */
export async function knownSha256(memory: DigestMemory, file: string, emit?: Emit): Promise<string> {
  const read = (): Promise<string> => sha256File(file, emit)
  // What is not there, or is no file, is refused in one place.
  const info = memory === undefined ? undefined : await stat(file, { bigint: true }).catch(() => undefined)
  if (info === undefined || !info.isFile()) return await read()
  const look = async (): Promise<Standing> => standing(await stat(file, { bigint: true }))
  return await knownDigest(memory, { key: `file ${info.dev} ${info.ino}`, look, read })
}

interface BigStats {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

const standing = ({ size, mtimeNs, ctimeNs }: BigStats): Standing => ({
  stat: `${size} ${mtimeNs} ${ctimeNs}`,
  changed: ctimeNs,
})

/**
 * Whether a change after `begin` would have had another ctime. Times with nanoseconds move on with the kernel's tick, 10 ms at
 * most; file systems without them count whole seconds, FAT every other one.
 */
const isSettled = ({ changed }: Standing, begin: bigint): boolean =>
  changed + (changed % 1_000_000_000n === 0n ? 2_000_000_000n : 20_000_000n) < begin

/** Notes it where there is a store. What cannot be noted, since the disk is full or somebody else's, is read again. */
async function note(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { mode: 0o700 }).catch(() => undefined)
  await writeFileAtomic(file, content).catch(() => undefined)
}

/** Days after which a note that nobody has renewed is removed. */
const KEPT_DAYS = 90

/** Forgets what was noted long ago; the caller holds the store's lock exclusively. */
export async function forgetOldDigests(memory: string): Promise<void> {
  const oldest = Date.now() - KEPT_DAYS * 86_400_000
  for (const name of await readdir(memory).catch(() => [])) {
    const file = path.join(memory, name)
    const info = await stat(file).catch(() => undefined)
    if (info !== undefined && info.mtimeMs < oldest) await rm(file, { recursive: true, force: true })
  }
}
