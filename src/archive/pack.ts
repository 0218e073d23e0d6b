// Packs a tar stream in one pass: digest of the tar, CONTENTS, compressor, digests of the file. Nothing has its final
// name before finalizeArchive, and nothing stays after a failure.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { addAbortSignal, type Readable, type Writable } from 'node:stream'
import { explainSystemError } from '../errors.js'
import { tellWork, type WatchedWork } from '../events/work.js'
import { ended, failure, start } from '../process/run.js'
import type { Compression } from '../sdk/definition.js'
import { giveFinalName, removeTemporaries, temporaryPath, writeFileAtomic } from '../store/disk/atomic.js'
import { saidCode } from '../store/disk/full-disk.js'
import { sideFiles } from '../store/layout.js'
import { compressorArgv, EXTENSIONS } from './stream/compression.js'
import { type FileDigests, renderDigests } from './stream/digests.js'
import { GrowingFile } from './stream/growing-file.js'
import { finishSink, keepUnread, pump, tailOf } from './stream/pump.js'
import { wholeRecords } from './stream/records.js'
import { createAudit } from './tar/audit.js'
import { ContentsFile } from './tar/contents.js'
import { TarReader } from './tar/stream.js'

/** What to pack, and where to. The caller holds the lock of `target`: two runs must not pack to one name. */
export interface PackRequest {
  /** The stream of `tarCommand`; it is destroyed on failure, so that tar ends. */
  tar: Readable
  /** Resolves when that tar has ended well; its rejection is the pack's. */
  tarDone: Promise<void>
  /** Final path of the archive, with the extension of `format`; its directory exists. */
  target: string
  format: Compression
  signal?: AbortSignal | undefined
  /** The compressor gets what others leave of processor and disk. */
  idle?: boolean | undefined
  /** Whom to tell how far it is; of which stage, and of about how many bytes of tar. */
  told?: Pick<WatchedWork, 'emit' | 'stage' | 'bytes'> | undefined
}

/** A packed archive under its temporary names. {@link finalizeArchive} gives it its final ones. */
export interface PackResult {
  target: string
  format: Compression
  /** Temporary paths, beside `target`. */
  temps: { tarball: string; contents: string }
  /** Of the compressed archive; its identity is `digests.sha256`. */
  digests: FileDigests
  contentsDigests: FileDigests
  /** Digest of the uncompressed tar: what the tree is, whatever the compressor. */
  tarSha256: string
  /** Size of the compressed archive. */
  bytes: number
  entries: number
}

/**
 * Packs `tar` into temporary files beside `target`, which are complete and on the disk when this resolves. Removes
 * what an earlier, killed attempt at the same target left.
 *
 * @throws SdkError SDK_ARCHIVE when the stream is truncated or holds a member that unpacking would refuse; SDK_SPACE
 *   when the disk is full; SDK_HOST when the compressor fails; as `tarDone` rejects. The signal's reason when aborted.
 */
export async function packStream(request: PackRequest): Promise<PackResult> {
  const { target, format, tar, signal } = request
  if (!target.endsWith(EXTENSIONS[format])) throw new Error(`${target} does not end in ${EXTENSIONS[format]}`)
  keepUnread(tar)
  // It may reject before anyone waits for it.
  request.tarDone.catch(() => {})
  if (signal !== undefined) addAbortSignal(signal, tar)
  // Without a listener, an abort while nobody reads would be an uncaught error.
  tar.on('error', () => {})
  try {
    await removePartials(target)
    return await pack(request)
  } catch (error) {
    tar.destroy()
    await removePartials(target)
    throw signal?.aborted === true ? signal.reason : explainSystemError(error, target)
  }
}

async function pack(request: PackRequest): Promise<PackResult> {
  const { target, format } = request
  const temps = { tarball: temporaryPath(target), contents: temporaryPath(sideFiles(target).contents) }
  const tarball = await GrowingFile.create(temps.tarball)
  let contents: ContentsFile | undefined
  try {
    contents = new ContentsFile(temps.contents)
    const { tarSha256, reader } = await compress(request, { contents, tarball })
    const [file, list] = await Promise.all([tarball.finish(), contents.finish()])
    return {
      target,
      format,
      temps,
      digests: file.digests,
      contentsDigests: list.digests,
      tarSha256,
      bytes: file.bytes,
      entries: reader.entries,
    }
  } catch (error) {
    contents?.abandon()
    await tarball.abandon()
    throw error
  }
}

interface Sinks {
  contents: ContentsFile
  tarball: GrowingFile
}

/** The pass itself. Ends well only if tar, the compressor and the archive's own end marker all say so. */
async function compress(
  request: PackRequest,
  sinks: Sinks,
): Promise<{ tarSha256: string; reader: TarReader }> {
  const { contents, tarball } = sinks
  const audit = createAudit({ archive: basename(request.target) })
  const hash = createHash('sha256')
  const reader = new TarReader({
    archive: basename(request.target),
    onEntry(entry) {
      audit(entry)
      contents.add(entry)
    },
  })
  const compressor = await startCompressor(request, tarball.fd)
  const feed = async (): Promise<void> => {
    const isWhole = await pump(wholeRecords(request.tar, reader), compressor.stdin, (chunk) => {
      hash.update(chunk)
      return contents.drained()
    })
    if (!isWhole) await compressor.done
    await request.tarDone
    reader.finish()
    await finishSink(compressor.stdin)
  }
  const parts = [feed(), compressor.done]
  const work = { work: 'archive', name: basename(request.target), done: () => reader.bytes } as const
  try {
    await tellWork({ emit: undefined, ...request.told, ...work }, () => Promise.all(parts))
  } catch (error) {
    request.tar.destroy()
    compressor.kill()
    await Promise.allSettled(parts)
    throw error
  }
  return { tarSha256: hash.digest('hex'), reader }
}

interface Compressor {
  stdin: Writable
  done: Promise<void>
  kill: () => void
}

async function startCompressor(request: PackRequest, output: number): Promise<Compressor> {
  const { format, signal, idle } = request
  const argv = compressorArgv(format)
  const stop = new AbortController()
  const child = start({
    argv,
    idle,
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    stdio: ['pipe', output, 'pipe'],
  })
  const done = Promise.all([ended(child), tailOf(child.stderr)]).then(([outcome, stderr]) => {
    const code = saidCode(stderr)
    if (code !== undefined) throw Object.assign(new Error(stderr), { code })
    if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_HOST', stderr })
  })
  return { stdin: child.stdin as Writable, done, kill: () => stop.abort() }
}

/** Removes hidden files of unfinished packs of `target`, whoever left them. */
async function removePartials(target: string): Promise<void> {
  const { contents, digests } = sideFiles(target)
  for (const file of [target, contents, digests]) await removeTemporaries(file)
}

/**
 * Writes .DIGESTS and gives all three files their final names, the tarball last; older files of these names are
 * replaced. Remove an older record first: until the new one is written, nothing vouches for these files.
 *
 * @throws SdkError SDK_SPACE when the disk is full or fails
 */
export async function finalizeArchive(result: PackResult): Promise<void> {
  const { target, temps } = result
  const { contents, digests } = sideFiles(target)
  const text = renderDigests([
    { name: basename(target), digests: result.digests },
    { name: basename(contents), digests: result.contentsDigests },
  ])
  await giveFinalName(temps.contents, contents)
  await writeFileAtomic(digests, text)
  await giveFinalName(temps.tarball, target)
}
