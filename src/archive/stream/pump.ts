// Moves bytes between streams with backpressure, and keeps the last words of a program.

import type { Readable, Writable } from 'node:stream'

/** How much of a program's stderr is kept for its error message. */
const TAIL_BYTES = 16 * 1024

/**
 * Keeps what a program writes until someone reads it. When a program ends, Node throws away the output that nobody has
 * asked for yet; a listener for `readable` is asking. Call it before the first wait after the start.
 */
export function keepUnread(stream: Readable): Readable {
  return stream.on('readable', () => {})
}

/**
 * Writes each chunk of `source` to `sink` after `inspect` has seen it; what `inspect` throws ends the transfer before
 * that chunk is passed on. Does not end `sink`.
 *
 * @returns false when `sink` closed before all was written; why is for the program behind it to say
 */
export async function pump(
  source: AsyncIterable<Buffer>,
  sink: Writable,
  inspect: (chunk: Buffer) => Promise<void> | undefined,
): Promise<boolean> {
  // A program that ends without reading its input says so by its exit code; EPIPE would only hide that.
  sink.on('error', () => {})
  for await (const chunk of source) {
    const busy = inspect(chunk)
    if (busy !== undefined) await busy
    if (!(await passOn(sink, chunk))) return false
  }
  return true
}

/** Writes `chunk`, then waits while `sink` is full. Returns whether `sink` is still open. */
export async function passOn(sink: Writable, chunk: Buffer): Promise<boolean> {
  if (!isOpen(sink)) return false
  if (sink.write(chunk)) return true
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      sink.off('drain', settle).off('close', settle)
      resolve()
    }
    sink.on('drain', settle).on('close', settle)
  })
  return isOpen(sink)
}

const isOpen = (sink: Writable): boolean => !sink.destroyed && !sink.writableEnded && sink.errored === null

/** Ends `sink`; resolves when all of it was taken or it was closed. */
export async function finishSink(sink: Writable): Promise<void> {
  if (!isOpen(sink)) return
  const closed = new Promise<void>((resolve) => sink.once('close', resolve))
  await Promise.race([new Promise<void>((resolve) => sink.end(resolve)), closed])
}

/** Reads `stream` to its end and returns its last {@link TAIL_BYTES} as text. */
export async function tailOf(stream: Readable | null): Promise<string> {
  let tail = Buffer.alloc(0)
  for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) {
    tail = Buffer.concat([tail, chunk])
    if (tail.length > TAIL_BYTES) tail = Buffer.from(tail.subarray(-TAIL_BYTES))
  }
  return tail.toString('utf8')
}
