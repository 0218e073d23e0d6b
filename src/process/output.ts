// What programs write, collected within bounds: what floods the engine, in however small pieces, must not take its memory.

import type { Readable } from 'node:stream'

/** Most bytes that {@link collectOutput} keeps. */
const OUTPUT_LIMIT = 64 * 1024 * 1024

/** Of each end of what a program says to people: whoever looks for a cause there makes an object of each line. */
const END_LIMIT = 512 * 1024

/** All of `stream` as text, up to 64 MiB; what comes after that is read and dropped. `watch` gets each chunk. */
export async function collectOutput(
  stream: Readable | null,
  watch?: (chunk: Buffer) => void,
): Promise<string> {
  const kept = new Beginning(OUTPUT_LIMIT)
  await readAll(stream, (chunk) => {
    watch?.(chunk)
    kept.add(chunk)
  })
  return kept.bytes.toString('utf8')
}

/** What a program says to people: where it is more than 1 MiB, the beginning and the end, and between them how much is left out. */
export async function collectWords(
  stream: Readable | null,
  watch?: (chunk: Buffer) => void,
): Promise<string> {
  const begin = new Beginning(END_LIMIT)
  const end = new End(END_LIMIT)
  await readAll(stream, (chunk) => {
    watch?.(chunk)
    end.add(begin.add(chunk))
  })
  const left = end.left === 0 ? '' : `\n[${end.left} bytes are left out]\n`
  return Buffer.concat([begin.bytes, Buffer.from(left), end.bytes]).toString('utf8')
}

async function readAll(stream: Readable | null, take: (chunk: Buffer) => void): Promise<void> {
  try {
    for await (const chunk of stream ?? []) take(chunk as Buffer)
  } catch (error) {
    // Nobody waits for the rest of it.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

/** The first bytes of many chunks, in one buffer: a chunk of one byte would take a hundred times as much. */
class Beginning {
  readonly #most: number
  #room = Buffer.alloc(0)
  #length = 0

  constructor(most: number) {
    this.#most = most
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  /** @returns what has no room */
  add(chunk: Buffer): Buffer {
    const taken = chunk.subarray(0, this.#most - this.#length)
    const length = this.#length + taken.length
    if (length > this.#room.length) {
      const room = Buffer.alloc(Math.min(this.#most, Math.max(2 * this.#room.length, length)))
      this.bytes.copy(room)
      this.#room = room
    }
    taken.copy(this.#room, this.#length)
    this.#length = length
    return chunk.subarray(taken.length)
  }
}

/** The last bytes of many chunks: a ring. */
class End {
  readonly #most: number
  #ring = Buffer.alloc(0)
  #total = 0

  constructor(most: number) {
    this.#most = most
  }

  /** How many bytes came before those that are kept. */
  get left(): number {
    return Math.max(0, this.#total - this.#most)
  }

  get bytes(): Buffer {
    const at = this.#total % this.#most
    if (this.left === 0) return this.#ring.subarray(0, this.#total)
    return Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)])
  }

  add(chunk: Buffer): void {
    if (chunk.length > 0 && this.#ring.length === 0) this.#ring = Buffer.alloc(this.#most)
    const last = chunk.subarray(Math.max(0, chunk.length - this.#most))
    const at = (this.#total + chunk.length - last.length) % this.#most
    const fitting = last.copy(this.#ring, at)
    last.copy(this.#ring, 0, fitting)
    this.#total += chunk.length
  }
}
