// Gives a finished directory its place as a layer of the store.

import { mkdir, realpath, rename } from 'node:fs/promises'
import path from 'node:path'
import { explainSystemError, SdkError } from '../../errors.js'
import { refuseMounts } from '../disk/remove.js'

/**
 * Moves a finished directory to its place, where nobody looks for it before there is a tree that names it.
 *
 * @throws SdkError SDK_HOST when it has a mount below it, or is on another file system
 */
export async function moveIn(directory: string, layer: string): Promise<void> {
  await refuseMounts(await realpath(directory))
  await mkdir(path.dirname(layer))
  try {
    await rename(directory, layer)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw explainSystemError(error, layer)
    throw new SdkError(
      'SDK_HOST',
      `${directory} and ${layer} are on different file systems: the directory cannot be moved`,
      {
        hint: 'keep `work` and `store` of the catalyst root on one file system',
        cause: error,
      },
    )
  }
}
