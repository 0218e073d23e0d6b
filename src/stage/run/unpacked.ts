// The unpacked tree of an archive whose digest is known: from the store, or unpacked into it now.

import { unpackArchive } from '../../archive/unpack.js'
import { SdkError } from '../../errors.js'
import type { Emit } from '../../events/event.js'
import { removeTree } from '../../store/disk/remove.js'
import type { Tree, TreeStore } from '../../store/trees/trees.js'

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
  /** Told how far unpacking is. */
  readonly emit?: Emit | undefined
  /** Told of what is odd about the archive's members. */
  readonly warn?: (message: string) => void
  /** Looks at the folder before the store takes it; what it throws keeps the tree out. */
  readonly inspect?: (directory: string) => Promise<void>
}

/**
 * The tree of `known`. One of the store that is not what it was is not used: that is told, and the archive unpacked again.
 *
 * @throws SdkError SDK_CHAIN when the archive is another one now; SDK_ARCHIVE, SDK_SPACE as unpacking does; what `inspect` throws
 */
export async function unpackedTree(trees: TreeStore, known: KnownArchive, how: Unpacking): Promise<Tree> {
  let damage: string | undefined
  const present = await trees.find(known.sha256, (what) => {
    damage = what
    how.warn?.(`${damaged(known, what)}; it is unpacked again`)
  })
  if (present !== undefined) return present
  return await unpack(trees, known, how).catch((error: unknown) => {
    throw damage === undefined ? error : notAgain(known, damage, error)
  })
}

/** Words for a tree of the store that is not what it was. */
export const damaged = ({ archive }: KnownArchive, damage: string): string =>
  `the unpacked tree of ${archive} was changed after it was made: ${damage}`

function notAgain(known: KnownArchive, damage: string, error: unknown): unknown {
  if (!(error instanceof SdkError) || !['SDK_ARCHIVE', 'SDK_CHAIN'].includes(error.code)) return error
  return new SdkError(
    error.code,
    `${damaged(known, damage)}; it cannot be unpacked again: ${error.message}`,
    {
      hint: `restore ${known.archive}; a stage can also be built anew with --rebuild`,
      cause: error,
    },
  )
}

async function unpack(trees: TreeStore, known: KnownArchive, how: Unpacking): Promise<Tree> {
  const { archive, sha256 } = known
  const directory = await trees.scratch()
  try {
    const { signal, emit } = how
    const unpacked = await unpackArchive({ file: archive, target: directory, signal, emit })
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
