// Says whether a file is what a Manifest names: size first, then BLAKE2B and SHA512 in one read.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** The digests of a Manifest entry, lower-case hex. Both have to hold. */
export interface ManifestDigests {
  BLAKE2B: string
  SHA512: string
}

/** What a file has to be. */
export interface Expected {
  /** Bytes. */
  size: number
  digests: ManifestDigests
}

/** Both digests of a file, in one read. */
export async function digestFile(path: string, signal?: AbortSignal): Promise<ManifestDigests> {
  const hashes = { BLAKE2B: createHash('blake2b512'), SHA512: createHash('sha512') }
  const update = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) for (const hash of Object.values(hashes) as Hash[]) hash.update(chunk)
  }
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), update, { signal })
  return { BLAKE2B: hashes.BLAKE2B.digest('hex'), SHA512: hashes.SHA512.digest('hex') }
}

/**
 * What is wrong with the file at `path`, in words; undefined when it is as expected, `'absent'` when it is not there.
 * Links are followed, as Portage does.
 */
export async function mismatch(
  path: string,
  { size, digests }: Expected,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return 'absent'
  if (!found.isFile()) return 'it is not a regular file'
  if (found.size !== size) return `it has ${found.size} bytes, the Manifest says ${size}`
  const actual = await digestFile(path, signal)
  for (const name of ['BLAKE2B', 'SHA512'] as const) {
    if (actual[name] !== digests[name].toLowerCase())
      return `its ${name} is ${actual[name].slice(0, 16)}…, the Manifest says ${digests[name].slice(0, 16)}…`
  }
  return undefined
}
