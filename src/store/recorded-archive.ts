// Whether the archive of a finished stage is the one that its record describes.

import { stat } from 'node:fs/promises'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { type DigestMemory, knownSha256 } from './digest/known-digest.js'
import { RECORD_HINT, type StageRecord } from './record.js'

/**
 * Compares the size of `archive` with its record.
 *
 * @throws SdkError SDK_CHAIN with what was expected and what was found
 */
export async function checkSize(record: StageRecord, archive: string): Promise<void> {
  const { bytes } = record.output
  const size = await stat(archive).then(
    (info) => info.size,
    (error: NodeJS.ErrnoException) => {
      throw mismatch(archive, `${bytes} bytes`, error.code === 'ENOENT' ? 'no file' : error.message)
    },
  )
  if (size !== bytes) throw mismatch(archive, `${bytes} bytes`, `${size} bytes`)
}

/**
 * Compares the digest of `archive`, which is read unless it is known, with its record.
 *
 * @throws SdkError SDK_CHAIN with what was expected and what was found
 */
export async function verifyArchive(
  record: StageRecord,
  archive: string,
  { memory, emit }: { memory?: DigestMemory; emit?: Emit | undefined } = {},
): Promise<void> {
  await checkSize(record, archive)
  const { sha256: expected } = record.output
  const got = await knownSha256(memory, archive, emit)
  if (got !== expected) throw mismatch(archive, `sha256 ${expected}`, `sha256 ${got}`)
}

function mismatch(archive: string, expected: string, got: string): SdkError {
  return new SdkError(
    'SDK_CHAIN',
    `${archive} is not what its record says: expected ${expected}, got ${got}`,
    {
      hint: RECORD_HINT,
      facts: { archive, expected, got },
    },
  )
}
