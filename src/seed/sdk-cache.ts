// The cache of downloaded SDKs, `.cache/sdks` below the catalyst root: what is in it, who uses it, what has to go.

import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { readBytes } from '../files/read.js'
import { compressionOf, type Layout, SUFFIXES } from '../store/layout.js'
import { acquireLock, type Lock } from '../store/lock.js'
import type { KnownSdk } from './known-sdk.js'
import { type ProvenSeed, readProof } from './proof.js'

/** A tarball of the cache: `good` with what its papers say, else why it is not to be used as it is. */
export type CachedSdk =
  | { readonly state: 'none' }
  | { readonly state: 'good'; readonly path: string; readonly checked: ProvenSeed }
  | {
      readonly state: 'doubtful'
      readonly path: string
      readonly hasDigests: boolean
      readonly reason: string
    }

/** Looks `sdk` up in the cache and checks it, without the network; `emit` is told how far reading it is. */
export async function cachedSdk(folder: string, sdk: KnownSdk, emit?: Emit): Promise<CachedSdk> {
  const file = await findTarball(folder, sdk.name)
  if (file === undefined) return { state: 'none' }
  try {
    const proof = await readProof({ ...sdk, read: readBeside(file), source: file, names: namesOf(sdk, file) })
    return { state: 'good', path: file, checked: await proof.check(file, emit) }
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== 'SDK_SEED') throw error
    const hasDigests = (await readBeside(file)('.DIGESTS')) !== undefined
    return { state: 'doubtful', path: file, hasDigests, reason: error.message }
  }
}

/** The tarball `NAME.tar.*` in `folder`, of any compression. */
export async function findTarball(folder: string, name: string): Promise<string | undefined> {
  for (const suffix of Object.values(SUFFIXES)) {
    const file = path.join(folder, `${name}${suffix}`)
    if ((await stat(file).catch(() => undefined))?.isFile()) return file
  }
  return undefined
}

/** Names that the DIGESTS of `file` may have for it: its own, and those it is published under. */
export const namesOf = (sdk: KnownSdk, file: string): string[] => [
  path.basename(file),
  ...sdk.urls.map(({ published }) => published),
]

const readBeside =
  (file: string) =>
  (suffix: string): Promise<Buffer | undefined> =>
    readBytes(`${file}${suffix}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })

const lockFile = (layout: Layout, name: string, suffix: string): string =>
  path.join(layout.locks, `sdk-${name}.${suffix}`)

/** Keeps an SDK of the cache from being pruned by other runs; any number may use it. @throws SdkError SDK_LOCKED */
export function useSdk(layout: Layout, name: string): Promise<Lock> {
  // Whoever prunes has it for as long as it takes to delete some files.
  return acquireLock(lockFile(layout, name, 'use.lock'), {}, { shared: true, waitSeconds: 60 })
}

/** The right to download an SDK: one run does, the others wait for it. @throws SdkError SDK_LOCKED */
export function fetchingSdk(layout: Layout, name: string): Promise<Lock> {
  const purpose = { purpose: 'download an SDK' }
  return acquireLock(lockFile(layout, name, 'fetch.lock'), purpose, { waitSeconds: 24 * 3600 })
}

/**
 * Removes all SDKs of the layout's type and architecture from the cache, but `keep` and those that other runs use.
 *
 * @returns the names of the SDKs that were removed
 */
export async function pruneSdks(layout: Layout, folder: string, keep: string): Promise<string[]> {
  const files = new Map<string, string[]>()
  for (const entry of await readdir(folder)) {
    const name = sdkOf(entry, `${layout.type}-${layout.arch}-`)
    if (name !== undefined && name !== keep) files.set(name, [...(files.get(name) ?? []), entry])
  }
  const removed: string[] = []
  for (const [name, entries] of files) {
    const lock = await unusedSdk(layout, name)
    if (lock === undefined) continue
    try {
      for (const entry of entries) await rm(path.join(folder, entry), { force: true })
      removed.push(name)
    } finally {
      lock.release()
    }
  }
  return removed
}

/** `TYPE-ARCH-VERSION` of a tarball, of a file beside one, or of an unfinished download (`.NAME.partial…`). */
function sdkOf(entry: string, prefix: string): string | undefined {
  const file = entry.replace(/^\./, '')
  const end = file.indexOf('.tar.')
  if (!file.startsWith(prefix) || end < 0) return undefined
  const tarball = /^.*?\.tar\.[a-z0-9]+/.exec(file)?.[0] ?? ''
  return compressionOf(tarball) === undefined ? undefined : file.slice(0, end)
}

async function unusedSdk(layout: Layout, name: string): Promise<Lock | undefined> {
  try {
    return await acquireLock(lockFile(layout, name, 'use.lock'), { purpose: 'prune' })
  } catch (error) {
    if (error instanceof SdkError && error.code === 'SDK_LOCKED') return undefined
    throw error
  }
}
