// Reads one side of a comparison as a tar stream: an archive, or a folder by way of tar. Nothing is unpacked.

import type { Readable } from 'node:stream'
import { readArchive } from '../archive/read-archive.js'
import { keepUnread, tailOf } from '../archive/stream/pump.js'
import { tarCommand } from '../archive/tar/command.js'
import { TarReader, type TarReaderOptions } from '../archive/tar/stream.js'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { ended, failure, start } from '../process/run.js'

/** One side of a comparison. */
export interface Subject {
  readonly kind: 'archive' | 'directory'
  readonly path: string
}

/** Who looks at the members as they pass. */
export interface Visitor extends Pick<TarReaderOptions, 'onEntry' | 'onContent'> {
  /** Called after each chunk of the stream; the stream waits for its promise. */
  afterChunk?: () => Promise<void> | undefined
}

/** Later than any file: tar is to leave all times alone. */
const NEVER = 2 ** 33

/** When reading ends, and who is told how far it is. */
export interface ReadingHow {
  readonly signal: AbortSignal
  readonly emit?: Emit | undefined
}

/**
 * Reads `subject` once.
 *
 * @throws SdkError SDK_ARCHIVE when it is not an archive, damaged, or cannot be read in full
 */
export async function readSubject(
  subject: Subject,
  visitor: Visitor,
  { signal, emit }: ReadingHow,
): Promise<void> {
  const reader = new TarReader({ archive: subject.path, ...visitor })
  const each = async (stream: Readable): Promise<void> => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      reader.push(chunk)
      await visitor.afterChunk?.()
    }
  }
  await (subject.kind === 'archive' ? readArchive : readDirectory)(subject.path, each, { signal, emit })
  reader.finish()
}

type Each = (stream: Readable) => Promise<void>

async function readDirectory(path: string, each: Each, { signal }: ReadingHow): Promise<void> {
  const stop = new AbortController()
  const argv = tarCommand(path, { mtime: NEVER, oneFileSystem: true })
  const child = start({ argv, signal: AbortSignal.any([signal, stop.signal]) })
  const stderr = tailOf(child.stderr)
  const done = ended(child)
  done.catch(() => {})
  try {
    await each(keepUnread(child.stdout as Readable))
    const outcome = await done
    if (outcome.exitCode !== 0)
      throw new SdkError(
        'SDK_ARCHIVE',
        `${path}: cannot be read in full: ${failure(argv, outcome, { code: 'SDK_ARCHIVE', stderr: await stderr }).message}`,
        { hint: 'compare a folder as root, and while nobody changes it' },
      )
  } finally {
    stop.abort()
    await Promise.allSettled([done, stderr])
  }
}
