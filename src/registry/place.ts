// Files that were pulled and looked at get their names.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { moveToFinalName } from '../store/disk/atomic.js'

/** A file that was pulled, and where it belongs. */
export interface Placing {
  readonly from: string
  readonly to: string
}

/**
 * Gives files their names, in their order: each is on the disk before the next one gets its own, so what vouches for others comes last.
 *
 * @throws SdkError SDK_SPACE
 */
export async function placeFiles(files: readonly Placing[]): Promise<void> {
  for (const { from, to } of files) {
    await mkdir(path.dirname(to), { recursive: true })
    await moveToFinalName(from, to)
  }
}
