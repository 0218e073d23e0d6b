// Why two compressed files, or two compiled Python files, differ: their headers, or what is in them.

import type { Readable, Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { decompressorArgv } from '../../archive/stream/compression.js'
import { finishSink, keepUnread } from '../../archive/stream/pump.js'
import { ended, start } from '../../process/run.js'
import type { Compression } from '../../sdk/definition.js'
import { type Bytes, isSame, memoryBytes } from '../bytes.js'
import { because, type Explanation, unexplained } from './explanation.js'

/** Largest compressed file, and largest content, that is looked into, in bytes. */
const LARGEST_PACKED = 8 * 1024 * 1024

/** @param explain says why two contents differ */
export async function explainPacked(
  a: Bytes,
  b: Bytes,
  { format, explain }: { format: Compression; explain: (a: Bytes, b: Bytes) => Explanation },
): Promise<Explanation> {
  const [left, right] = [await unpack(a, format), await unpack(b, format)]
  if (left === undefined || right === undefined)
    return unexplained({ note: `compressed data (${format}) that is too large or damaged` })
  if (!left.equals(right)) return explain(memoryBytes(left), memoryBytes(right))
  return because(format === 'gz' && sameButHeader(a, b) ? 'gzip-header' : 'compressed')
}

async function unpack(bytes: Bytes, format: Compression): Promise<Buffer | undefined> {
  if (bytes.size > LARGEST_PACKED) return undefined
  const packed = bytes.read(0, bytes.size)
  if (format === 'gz') {
    try {
      return gunzipSync(packed, { maxOutputLength: LARGEST_PACKED })
    } catch {
      return undefined
    }
  }
  // 8 MiB of zstd may unpack to 256 GiB.
  const stop = new AbortController()
  const child = start({
    argv: decompressorArgv(format),
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: stop.signal,
  })
  const output = keepUnread(child.stdout as Readable)
  const stdin = child.stdin as Writable
  stdin.on('error', () => {})
  const [chunks, outcome] = await Promise.all([gather(output, stop), ended(child), write(stdin, packed)])
  return outcome.exitCode === 0 && chunks !== undefined ? chunks : undefined
}

async function write(stdin: Writable, bytes: Buffer): Promise<void> {
  stdin.write(bytes)
  await finishSink(stdin)
}

/** All of `stream`, or undefined when it is too long: then `stop` ends what writes it. */
async function gather(stream: Readable, stop: AbortController): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= LARGEST_PACKED) chunks.push(chunk)
    else stop.abort()
  }
  return size <= LARGEST_PACKED ? Buffer.concat(chunks) : undefined
}

/** RFC 1952: after ten bytes, of which four are the time, come what the flags announce: extra field, name, comment. */
function sameButHeader(a: Bytes, b: Bytes): boolean {
  const rest = (bytes: Bytes): Bytes => bytes.part(headerSize(bytes), bytes.size)
  return isSame(rest(a), rest(b))
}

function headerSize(bytes: Bytes): number {
  const head = bytes.read(0, 64 * 1024)
  const flags = head[3] ?? 0
  let at = 10
  if (flags & 4) at += 2 + head.readUInt16LE(at)
  if (flags & 8) at = head.indexOf(0, at) + 1
  if (flags & 16) at = head.indexOf(0, at) + 1
  return flags & 2 ? at + 2 : at
}

/** Why two .pyc files differ: PEP 552, the time and size of the source behind eight bytes of magic and flags. */
export function explainPyc(a: Bytes, b: Bytes): Explanation | undefined {
  const [left, right] = [a.read(0, 16), b.read(0, 16)]
  const hasTime = (header: Buffer): boolean => header.length === 16 && header.readUInt32LE(4) === 0
  if (!hasTime(left) || !hasTime(right) || !isSame(a.part(16, a.size), b.part(16, b.size))) return undefined
  return because('pyc-header')
}
