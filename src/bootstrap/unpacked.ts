// The unpacked tree of a finished archive: from the store, or unpacked into it now.

import { unpackArchive } from '../archive/unpack.js'
import { mismatch } from '../store/record.js'
import { removeTree } from '../store/remove.js'
import type { Tree, TreeStore } from '../store/trees.js'

/** An archive whose digest is known, and where the store of its catalyst root is. */
export interface KnownArchive {
  readonly archive: string
  readonly sha256: string
  /** The store's folder. */
  readonly store: string
}

/**
 * The tree of `known`.
 *
 * @throws SdkError SDK_CHAIN when the archive is another one now; SDK_ARCHIVE, SDK_SPACE as unpacking does
 */
export async function unpackedTree(
  trees: TreeStore,
  known: KnownArchive,
  signal: AbortSignal | undefined,
): Promise<Tree> {
  const { archive, sha256, store } = known
  const present = await trees.find(sha256)
  if (present !== undefined) return present
  const directory = await trees.scratch()
  try {
    const options = { file: archive, target: directory, ...(signal === undefined ? {} : { signal }) }
    const unpacked = await unpackArchive(options)
    if (unpacked.sha256 !== sha256) throw mismatch(archive, `sha256 ${sha256}`, `sha256 ${unpacked.sha256}`)
    return await trees.adopt({ sha256, directory, entries: unpacked.entries })
  } catch (error) {
    await removeTree(directory, store)
    throw error
  }
}
