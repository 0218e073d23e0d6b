// Says whether a file is what a Manifest names: size first, then all digests that it has, in one read.

import { createHash, type Hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { streamFile } from '../../files/read.js'

/**
 * The digests of a Manifest entry, hex, by Portage's name of the hash. All that are known here have to hold; others Portage checks
 * itself.
 */
export type ManifestDigests = Readonly<Record<string, string>>

/** What a file has to be. */
export interface ExpectedFile {
  /** Bytes. */
  size: number
  digests: ManifestDigests
  /** What says so, as messages name it: the Manifest, unless it is another. */
  saidBy?: string
}

/** Portage's names, and this program's. Of WHIRLPOOL and the Streebogs there is no function here. */
const HASHES = {
  BLAKE2B: 'blake2b512',
  SHA512: 'sha512',
  SHA3_512: 'sha3-512',
  BLAKE2S: 'blake2s256',
  SHA256: 'sha256',
  SHA3_256: 'sha3-256',
  RMD160: 'ripemd160',
  SHA1: 'sha1',
  MD5: 'md5',
} as const

type HashName = keyof typeof HASHES

/** The hashes of `digests` that can be checked here, the best first. */
const known = (digests: ManifestDigests): HashName[] =>
  (Object.keys(HASHES) as HashName[]).filter((name) => digests[name] !== undefined)

/** Whether any of `digests` can be checked here. */
export const canBeChecked = (digests: ManifestDigests): boolean => known(digests).length > 0

/** Digests of a file by these hashes, in one read. */
export async function digestFile(
  path: string,
  names: readonly HashName[],
  signal?: AbortSignal,
): Promise<ManifestDigests> {
  const hashes = names.map((name): [HashName, Hash] => [name, createHash(HASHES[name])])
  const update = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) for (const [, hash] of hashes) hash.update(chunk)
  }
  await pipeline(await streamFile(path), update, { signal })
  return Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest('hex')]))
}

/** Whether two entries describe one file: no digest that both have differs, and they share one or have none to compare. */
export function isSameDistfile(a: ExpectedFile, b: ExpectedFile): boolean {
  const both = Object.keys(a.digests).filter((name) => b.digests[name] !== undefined)
  return (
    a.size === b.size &&
    both.every((name) => a.digests[name]?.toLowerCase() === b.digests[name]?.toLowerCase())
  )
}

/**
 * What is wrong with the file at `path`, in words; undefined when it is as expected, `'absent'` when it is not there.
 * Links are followed, as Portage does.
 */
export async function mismatch(
  path: string,
  { size, digests, saidBy = 'the Manifest' }: ExpectedFile,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (there === undefined) return 'absent'
  if (!there.isFile()) return 'it is not a regular file'
  if (there.size !== size) return `it has ${there.size} bytes, ${saidBy} says ${size}`
  const names = known(digests)
  const actual = await digestFile(path, names, signal)
  for (const name of names) {
    const [found, wanted] = [actual[name] ?? '', digests[name]?.toLowerCase() ?? '']
    if (found !== wanted)
      return `its ${name} is ${found.slice(0, 16)}…, ${saidBy} says ${wanted.slice(0, 16)}…`
  }
  return undefined
}
