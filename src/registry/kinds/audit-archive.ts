// An archive that came from the store, read from end to end before it is used: with no member that no archive may have.

import { createHash } from 'node:crypto'
import { readArchive } from '../../archive/read-archive.js'
import { createAudit } from '../../archive/tar/audit.js'
import { TarReader } from '../../archive/tar/stream.js'
import type { Registry } from '../client.js'
import type { ArtefactFile } from '../layout.js'

/**
 * Reads all of an archive.
 *
 * @returns how many members it has, and the digest of what is in it
 * @throws SdkError SDK_ARCHIVE for a member that no archive may have, and an archive that is damaged
 */
export async function auditArchive(
  { name, path: file }: ArtefactFile,
  { signal, emit }: Pick<Registry, 'signal' | 'emit'>,
): Promise<{ entries: number; tarSha256: string }> {
  const hash = createHash('sha256')
  const reader = new TarReader({ archive: name, onEntry: createAudit({ archive: name }) })
  const read = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of stream) {
      hash.update(chunk)
      reader.push(chunk)
    }
  }
  await readArchive(file, read, { signal, emit })
  reader.finish()
  return { entries: reader.entries, tarSha256: hash.digest('hex') }
}
