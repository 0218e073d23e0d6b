// Opens an archive once and turns that very descriptor into a tar stream, hashing the compressed bytes on the way.

import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { SdkError } from '../../errors.js'
import { describeOutcome, ended, type Outcome, start } from '../../process/run.js'
import { archiveFault } from '../fault.js'
import { decompressorArgv, detectFormat, type Format, MAGIC_BYTES } from './compression.js'
import { finishSink, keepUnread, pump, tailOf } from './pump.js'

/** An open archive. Whoever opened it closes `handle`. */
export interface ArchiveSource {
  path: string
  handle: FileHandle
  /** Its size in bytes when it was opened. */
  bytes: number
  format: Format
}

/** The compressed bytes as they were read: what was hashed is what was unpacked. */
export interface SourceDigest {
  /** Lower-case hex. */
  sha256: string
  bytes: number
}

/** A tar stream, and the promise that all of it was right. */
export interface Decoded {
  stream: Readable
  /** Bytes of the file that were read so far. */
  read(): number
  /** Rejects with SDK_ARCHIVE when the compressed data is damaged; wait for it before believing the stream's end. */
  done: Promise<SourceDigest>
}

/**
 * Opens `path`, a regular file or a link to one, and detects its format.
 *
 * @throws SdkError SDK_ARCHIVE when it is missing, no regular file, or of no known format
 */
export async function openArchive(path: string): Promise<ArchiveSource> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    const head = Buffer.alloc(MAGIC_BYTES)
    const { bytesRead } = await handle.read(head, 0, MAGIC_BYTES, 0)
    return { path, handle, bytes: size, format: detectFormat(head.subarray(0, bytesRead), path) }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openRegular(path: string): Promise<FileHandle> {
  const hint = 'give the path of a tar archive'
  let handle: FileHandle
  try {
    // O_NONBLOCK: a fifo must be refused, not waited for.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const why = (cause as Error).message
    throw new SdkError('SDK_ARCHIVE', `${path}: cannot open the archive: ${why}`, { hint, cause })
  }
  const stat = await handle.stat()
  if (stat.isFile()) return handle
  await handle.close()
  const found = stat.isDirectory() ? 'a directory' : 'something that is not a regular file'
  throw new SdkError('SDK_ARCHIVE', `${path}: expected an archive, found ${found}`, { hint })
}

/** Starts to decompress `source`. When `signal` is aborted the stream ends in an error and `done` rejects. */
export async function decode(source: ArchiveSource, signal: AbortSignal): Promise<Decoded> {
  const state = { hash: createHash('sha256'), bytes: 0 }
  const read = (): number => state.bytes
  const compressed = Readable.from(hashedChunks(source, state), { objectMode: false, signal })
  if (source.format === 'tar') {
    const done = new Promise<SourceDigest>((resolve, reject) => {
      compressed.once('end', () => resolve(wholeDigest(source, state)))
      compressed.once('error', reject)
      compressed.once('close', () =>
        reject(archiveFault(source.path, 'truncated', 'was not read to its end')),
      )
    })
    return { stream: compressed, read, done }
  }
  if (source.format === 'bz2') await checkBzip2End(source)
  const argv = decompressorArgv(source.format)
  const child = start({ argv, signal, stdio: ['pipe', 'pipe', 'pipe'] })
  const work = Promise.all([feed(compressed, child.stdin as Writable), ended(child), tailOf(child.stderr)])
  const done = work.then(([, outcome, stderr]) => {
    checkDecompressor(source, { program: argv[0], outcome, stderr })
    return wholeDigest(source, state)
  })
  return { stream: keepUnread(child.stdout as Readable), read, done }
}

/** Zero bytes at the end of a file that count as the padding of a tape or disk. */
const MAX_PADDING = 1024 * 1024

/**
 * lbzip2 passes over whatever follows the last stream without a word. A stream ends with a 48-bit mark, a checksum and
 * up to 7 zero bits, so these must be the end of the file, or of what stands before its padding with zeros.
 */
async function checkBzip2End({ path, handle, bytes }: ArchiveSource): Promise<void> {
  const tail = Buffer.alloc(Math.min(bytes, MAX_PADDING + 11))
  await handle.read(tail, 0, tail.length, bytes - tail.length)
  const last = tail.findLastIndex((byte) => byte !== 0)
  // The checksum's own last bytes may be zeros.
  for (let end = last + 1; end <= Math.min(last + 6, tail.length); end++)
    if (endsBzip2(tail.subarray(Math.max(0, end - 11), end))) return
  throw archiveFault(
    path,
    'truncated',
    'truncated or corrupt: the file does not end where its bzip2 stream does',
  )
}

/** @param tail eleven bytes: mark, checksum, and a byte with the bits that fill it up */
function endsBzip2(tail: Buffer): boolean {
  const bits = BigInt(`0x00${tail.toString('hex')}`)
  return Array.from({ length: 8 }, (_, padding) => BigInt(padding)).some(
    (padding) =>
      ((bits >> (32n + padding)) & 0xffff_ffff_ffffn) === 0x1772_4538_5090n && bits % (1n << padding) === 0n,
  )
}

interface HashState {
  hash: Hash
  bytes: number
}

async function* hashedChunks(source: ArchiveSource, state: HashState): AsyncGenerator<Buffer> {
  const options = { start: 0, autoClose: false, highWaterMark: 256 * 1024 }
  for await (const chunk of source.handle.createReadStream(options) as AsyncIterable<Buffer>) {
    state.hash.update(chunk)
    state.bytes += chunk.length
    yield chunk
  }
}

async function feed(compressed: Readable, stdin: Writable): Promise<void> {
  await pump(compressed, stdin, () => undefined)
  await finishSink(stdin)
}

function wholeDigest(source: ArchiveSource, state: HashState): SourceDigest {
  if (state.bytes !== source.bytes) {
    const what = `it had ${source.bytes} bytes when it was opened, and ${state.bytes} could be read`
    throw archiveFault(source.path, 'corrupt', `changed or unreadable: ${what}`)
  }
  return { sha256: state.hash.digest('hex'), bytes: state.bytes }
}

/** How the four programs say that their input stops too early. */
const TOO_SHORT = /premature end|unexpected end|ends unexpectedly|unexpected eof|truncated/i

/** What bzip2 says of padding with zeros; {@link checkBzip2End} has seen that it is nothing else. */
const PADDED = /trailing garbage after EOF ignored/

/** Any complaint counts: "trailing garbage ignored" comes with exit code 0 or 2, and is not ours to ignore. */
function checkDecompressor(
  source: ArchiveSource,
  end: { program: string; outcome: Outcome; stderr: string },
): void {
  const complaint = end.stderr.trim().split('\n').slice(0, 3).join('; ')
  const isPadding = source.format === 'bz2' && PADDED.test(complaint)
  if (end.outcome.exitCode === 0 && (complaint === '' || isPadding)) return
  const why = complaint === '' ? `${end.program} ${describeOutcome(end.outcome)}` : complaint
  if (TOO_SHORT.test(complaint))
    throw archiveFault(source.path, 'truncated', `truncated: the compressed data ends too early (${why})`)
  throw archiveFault(source.path, 'corrupt', `corrupt: cannot decompress it (${why})`)
}
