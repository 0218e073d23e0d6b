// The unpacked tree of an archive whose digest is known: from the store, or unpacked into it now.

import { unpackArchive } from '../../archive/unpack.js'
import { SdkError } from '../../errors.js'
import { removeTree } from '../../store/remove.js'
import type { Tree, TreeStore } from '../../store/trees.js'

/** An archive, and the digest by which the store knows its tree. */
export interface KnownArchive {
  readonly archive: string
  readonly sha256: string
}

/** How a tree is unpacked that is not there. */
export interface Unpacking {
  /** The folder that the store lies in. */
  readonly inside: string
  readonly signal: AbortSignal | undefined
  /** Told of what is odd about the archive's members. */
  readonly warn?: (message: string) => void
  /** Looks at the folder before the store takes it; what it throws keeps the tree out. */
  readonly inspect?: (directory: string) => Promise<void>
}

/**
 * The tree of `known`.
 *
 * @throws SdkError SDK_CHAIN when the archive is another one now; SDK_ARCHIVE, SDK_SPACE as unpacking does; what `inspect` throws
 */
export async function unpackedTree(trees: TreeStore, known: KnownArchive, how: Unpacking): Promise<Tree> {
  const { archive, sha256 } = known
  const present = await trees.find(sha256)
  if (present !== undefined) return present
  const directory = await trees.scratch()
  try {
    const { signal } = how
    const unpacked = await unpackArchive({ file: archive, target: directory, signal })
    for (const message of unpacked.warnings) how.warn?.(message)
    if (unpacked.sha256 !== sha256)
      throw new SdkError(
        'SDK_CHAIN',
        `${archive} is not the file that it was: expected sha256 ${sha256}, got ${unpacked.sha256}`,
        { hint: 'restore it; a stage can also be built anew with --rebuild' },
      )
    await how.inspect?.(directory)
    return await trees.adopt({ sha256, directory, entries: unpacked.entries })
  } catch (error) {
    await removeTree(directory, how.inside)
    throw error
  }
}
