// Unpacks an archive into a new tree: one pass over one descriptor; the audit sees each member before GNU tar does.

import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstat, mkdir, readdir, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Writable } from 'node:stream'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { tellWork } from '../events/work.js'
import { describeOutcome, ended, start } from '../process/run.js'
import { findFullDisk } from '../store/disk/full-disk.js'
import { archiveFault } from './fault.js'
import { EXTENSIONS, type Format, formatOfName } from './stream/compression.js'
import { type ArchiveSource, type Decoded, decode, openArchive } from './stream/decompress.js'
import { finishSink, passOn, tailOf } from './stream/pump.js'
import { createAudit } from './tar/audit.js'
import { extractCommand } from './tar/command.js'
import { Rebuild } from './tar/rebuild.js'

/** What to unpack, and where. */
export interface UnpackRequest {
  file: string
  /** Must not exist (its parent must), or be an empty directory. */
  target: string
  signal?: AbortSignal | undefined
  /** Digest the uncompressed tar too. */
  digestTar?: boolean
  /** Told how far it is. */
  emit?: Emit | undefined
}

/** What {@link unpackArchive} did. */
export interface Unpacked {
  /** Digest of the archive file, of the very bytes that were unpacked; lower-case hex. */
  sha256: string
  format: Format
  entries: number
  /** Size of the tar stream, uncompressed. */
  bytes: number
  /** Size of the archive file. */
  fileBytes: number
  /** Digest of the tar stream, when asked for; lower-case hex. */
  tarSha256?: string
  /** Things to tell the user, which are no failures. */
  warnings: string[]
}

/** A tar may be this many times larger than its file before it counts as a bomb; root file systems reach about 5. */
const MAX_RATIO = 500
/** Below this size of the tar the ratio says nothing (a few empty files compress a thousandfold). */
const RATIO_FROM_BYTES = 512 * 2 ** 20

/**
 * Unpacks `file` into `target` with owners, modes, times, links, holes, ACLs and all extended attributes as archived.
 * On failure `target` holds a part of the tree: it is the caller's to remove.
 *
 * @throws SdkError SDK_ARCHIVE: no archive, truncated, corrupt, or a member that the audit refuses; SDK_SPACE: the disk
 *   is full; SDK_HOST: `target` cannot be used, or cannot hold what the archive holds. The signal's reason when aborted.
 */
export async function unpackArchive(request: UnpackRequest): Promise<Unpacked> {
  const source = await openArchive(request.file)
  try {
    await prepareTarget(request.target)
    return await extract(source, request)
  } finally {
    await source.handle.close()
  }
}

/** Makes `target` a fresh directory: into anything else, an old symlink could lead tar out of it. */
async function prepareTarget(target: string): Promise<void> {
  const hint = 'unpack into a directory that is new or empty'
  const stat = await lstat(target).catch(() => undefined)
  if (stat === undefined) await mkdir(target, { mode: 0o700 })
  else if (stat.isSymbolicLink())
    throw new SdkError('SDK_HOST', `${target}: expected a directory, found a symlink`, { hint })
  else if (!stat.isDirectory())
    throw new SdkError('SDK_HOST', `${target}: expected a directory, found a file`, { hint })
  else if ((await readdir(target)).length > 0)
    throw new SdkError('SDK_HOST', `${target}: expected an empty directory, found files in it`, { hint })
  await refuseFoldedNames(target)
}

/** A directory that folds case would let one member replace another. */
async function refuseFoldedNames(target: string): Promise<void> {
  await mkdir(join(target, '.fold'))
  const isFolded = (await lstat(join(target, '.FOLD')).catch(() => undefined)) !== undefined
  await rmdir(join(target, '.fold'))
  if (isFolded)
    throw new SdkError(
      'SDK_HOST',
      `${target}: expected a directory that keeps names apart by case, found one that folds it`,
      {
        hint: 'unpack elsewhere: `lsattr -d` shows F for such a directory',
      },
    )
}

async function extract(source: ArchiveSource, request: UnpackRequest): Promise<Unpacked> {
  const stop = new AbortController()
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal])
  const decoded = await decode(source, signal)
  const tar = startTar(request.target, signal)
  // Both may fail while nobody waits for them yet.
  decoded.done.catch(() => {})
  tar.done.catch(() => {})
  try {
    const work = {
      work: 'unpack',
      name: basename(source.path),
      bytes: source.bytes,
      done: decoded.read,
    } as const
    const act = (): Promise<Unpacked> => transfer(source, { decoded, tar, request })
    return await tellWork({ emit: request.emit, ...work }, act)
  } catch (error) {
    stop.abort()
    decoded.stream.destroy()
    await Promise.allSettled([decoded.done, tar.done])
    throw request.signal?.aborted === true ? request.signal.reason : error
  }
}

interface Tar {
  child: ChildProcess
  /** Rejects when tar fails; resolves to what it said on stderr. */
  done: Promise<string>
}

function startTar(target: string, signal: AbortSignal): Tar {
  const child = start({
    argv: [...extractCommand(), `--directory=${target}`],
    signal,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const done = Promise.all([ended(child), tailOf(child.stderr)]).then(async ([outcome, stderr]) => {
    if (outcome.exitCode !== 0 || LOST_ATTRIBUTE.test(stderr))
      throw await explainTar(target, { how: describeOutcome(outcome), stderr })
    return stderr
  })
  return { child, done }
}

interface Parts {
  decoded: Decoded
  tar: Tar
  request: UnpackRequest
}

async function transfer(source: ArchiveSource, { decoded, tar, request }: Parts): Promise<Unpacked> {
  const audit = createAudit({ archive: source.path })
  const rebuild = new Rebuild({ archive: source.path, audit })
  const { reader } = rebuild
  const stdin = tar.child.stdin as Writable
  const hash = request.digestTar === true ? createHash('sha256') : undefined
  // A program that ends without reading its input says so by its exit code; EPIPE would only hide that.
  stdin.on('error', () => {})
  for await (const chunk of decoded.stream as AsyncIterable<Buffer>) {
    hash?.update(chunk)
    const rebuilt = rebuild.push(chunk)
    if (reader.bytes > RATIO_FROM_BYTES && reader.bytes > source.bytes * MAX_RATIO)
      throw archiveFault(source.path, 'too-large', `it unpacks to more than ${MAX_RATIO} times its size`)
    if (rebuilt.length > 0 && !(await passOn(stdin, rebuilt))) {
      await tar.done
      throw archiveFault(source.path, 'corrupt', 'tar stopped reading before its end')
    }
  }
  // The decompressor's verdict comes first: damaged data also looks like a tar that ends too early.
  const { sha256 } = await decoded.done
  await passOn(stdin, rebuild.finish())
  await finishSink(stdin)
  const said = await tar.done
  const warnings = [...nameWarnings(source), ...said.split('\n').filter((line) => line !== '')]
  return {
    sha256,
    format: source.format,
    entries: reader.entries,
    bytes: reader.bytes,
    fileBytes: source.bytes,
    ...(hash === undefined ? {} : { tarSha256: hash.digest('hex') }),
    warnings,
  }
}

function nameWarnings(source: ArchiveSource): string[] {
  const named = formatOfName(source.path)
  if (named === undefined || named === source.format) return []
  return [
    `${source.path}: named ${EXTENSIONS[named]}, but it is ${EXTENSIONS[source.format]}; the content counts`,
  ]
}

/** tar only warns about these, and would leave e.g. ping without its capability. */
const LOST_ATTRIBUTE = /Cannot set [\s\S]*?(extended attribute|ACLs)/
const REFUSED = /Operation not permitted|Permission denied|Read-only file system|Operation not supported/

/** What tar's failure means: of the disk, of the host, or of the archive. */
async function explainTar(target: string, end: { how: string; stderr: string }): Promise<SdkError> {
  const lines = end.stderr.trimEnd().split('\n').slice(-5).join('\n')
  const facts = { target, stderr: end.stderr }
  const full = await findFullDisk({ headline: target, said: [end.stderr], places: [target], facts })
  if (full !== undefined) return full
  if (LOST_ATTRIBUTE.test(end.stderr) || REFUSED.test(end.stderr)) {
    const hint =
      'run as root, and keep the build on a file system with extended attributes (ext4, XFS, Btrfs)'
    return new SdkError('SDK_HOST', `${target}: cannot hold what the archive holds:\n${lines}`, {
      hint,
      facts,
    })
  }
  return new SdkError('SDK_ARCHIVE', `${target}: tar ${end.how} while unpacking:\n${lines}`, { facts })
}
