// Reads an archive once from end to end, as the tar stream inside, and leaves no decompressor behind.

import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import type { Emit } from '../events/event.js'
import { tellWork } from '../events/work.js'
import { decode, openArchive } from './stream/decompress.js'

/**
 * Lets `each` read the tar stream of the archive `path` to its end.
 *
 * @param how.emit told how far reading is
 * @throws SdkError SDK_ARCHIVE when it is not an archive, or damaged; whatever `each` throws
 */
export async function readArchive(
  path: string,
  each: (stream: Readable) => Promise<void>,
  { signal, emit }: { signal?: AbortSignal | undefined; emit?: Emit | undefined } = {},
): Promise<void> {
  const source = await openArchive(path)
  const stop = new AbortController()
  try {
    const decoded = await decode(source, AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]))
    decoded.done.catch(() => {})
    try {
      const work = { work: 'read', name: basename(path), bytes: source.bytes, done: decoded.read } as const
      await tellWork({ emit, ...work }, () => each(decoded.stream))
      // Damaged data also looks like a tar that ends too early: the decompressor's verdict comes first.
      await decoded.done
    } finally {
      stop.abort()
      await Promise.allSettled([decoded.done])
    }
  } finally {
    await source.handle.close()
  }
}
