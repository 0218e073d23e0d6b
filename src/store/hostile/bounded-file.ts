// Reads files whose size a stage, an archive or an old run has decided, and which are small unless something is wrong.

import { readFileSync, statSync } from 'node:fs'
import { SdkError } from '../../errors.js'
import { formatBytes } from '../../events/measures.js'

const MOST = 64 * 1024 * 1024

/**
 * The content of `file`, which has at most `most` bytes (64 MiB).
 *
 * @throws SdkError SDK_STAGE when it has more; the system's error
 */
export function readBounded(file: string | Buffer, most = MOST): Buffer {
  const { size } = statSync(file)
  if (size > most)
    throw new SdkError(
      'SDK_STAGE',
      `${file}: expected at most ${formatBytes(most)}, found ${formatBytes(size)}`,
      {
        hint: 'see what has written so much into it; a package database or a list of packages is never so large',
      },
    )
  return readFileSync(file)
}
