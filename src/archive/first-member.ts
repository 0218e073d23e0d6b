// Reads an archive up to its first member: what is not a tar inside, or ends within its first block, is found in no time.

import { type ArchiveSource, decode, openArchive } from './stream/decompress.js'
import { TarReader } from './tar/stream.js'

/**
 * Checks that `file` is an archive whose first member can be read. A fault further on shows only when it is unpacked.
 *
 * @returns the name of that member, without a leading `./`
 * @throws SdkError SDK_ARCHIVE when it is truncated, corrupt, empty, or no tar inside
 */
export async function checkFirstMember(file: string): Promise<string> {
  const source = await openArchive(file)
  try {
    return await readFirst(source)
  } finally {
    await source.handle.close()
  }
}

async function readFirst(source: ArchiveSource): Promise<string> {
  const stop = new AbortController()
  const decoded = await decode(source, stop.signal)
  decoded.done.catch(() => {})
  try {
    let first: string | undefined
    const reader = new TarReader({
      archive: source.path,
      onEntry: (entry) => {
        first ??= entry.path.toString('latin1').replace(/^(?:\.?\/)+/, '')
      },
    })
    for await (const chunk of decoded.stream as AsyncIterable<Buffer>) {
      reader.push(chunk)
      if (first !== undefined) return first
    }
    // The decompressor's verdict comes first: damaged data also looks like a tar that ends too early.
    await decoded.done
    reader.finish()
    return first ?? ''
  } finally {
    stop.abort()
    await Promise.allSettled([decoded.done])
  }
}
