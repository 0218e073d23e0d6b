// What goes through the door of a compiler cache: the few commands of the Redis protocol (RESP) that ccache needs, and nothing
// else. With others a server can be told to write files, to run programs, or to connect to other machines.

import { Transform, type TransformCallback } from 'node:stream'

/** What a cache had, and was given. */
export interface CacheUse {
  found: number
  missed: number
  stored: number
}

/** An entry is an object with what the compiler said; larger ones are not let through. */
const MOST_BYTES = 64 * 1024 * 1024

/** GET, EXISTS or SET of a key as ccache has them, and of SET the length of the value that follows. */
const COMMAND =
  /^(?:\*2\r\n\$(?:3\r\nGET|6\r\nEXISTS)|(\*3)\r\n\$3\r\nSET)\r\n\$(\d{1,3})\r\n(ccache:\w{1,128})\r\n(?:\$(\d{1,9})\r\n)?/i

/** No beginning of a command is longer. */
const MOST_HEADER = 256

/** Lets commands through that ccache sends; ends with an error at the first that it does not. */
export class Commands extends Transform {
  #header = Buffer.alloc(0)
  /** Bytes of a value, with its line end, that are still to come. */
  #left = 0

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      for (let rest = chunk; rest.length > 0; )
        rest = rest.subarray(this.#left > 0 ? this.#value(rest) : this.#command(rest))
      done()
    } catch (error) {
      done(error as Error)
    }
  }

  /** @returns how many bytes of `chunk` are of the value */
  #value(chunk: Buffer): number {
    const value = chunk.subarray(0, this.#left)
    this.push(value)
    this.#left -= value.length
    return value.length
  }

  /** @returns how many bytes of `chunk` are of the command. @throws Error where it is none */
  #command(chunk: Buffer): number {
    const before = this.#header.length
    const text = Buffer.concat([this.#header, chunk.subarray(0, MOST_HEADER - before)])
    const [all, sets, keyLength, key, bytes] = COMMAND.exec(text.toString('latin1')) ?? []
    if (all === undefined || (sets !== undefined && bytes === undefined)) {
      if (text.length >= MOST_HEADER) throw new Error('not a command of ccache')
      this.#header = text
      return chunk.length
    }
    // What follows a GET is the next command, not a length.
    const isFine = Number(keyLength) === key?.length && (sets === undefined) === (bytes === undefined)
    if (!isFine || Number(bytes ?? 0) > MOST_BYTES) throw new Error('not a command of ccache')
    this.#left = bytes === undefined ? 0 : Number(bytes) + '\r\n'.length
    this.#header = Buffer.alloc(0)
    this.push(text.subarray(0, all.length))
    return all.length - before
  }
}

/** The longest line of an answer, an error. */
const MOST_LINE = 64 * 1024

/** Hands the answers of the server on, and counts them in `use`. */
export class Answers extends Transform {
  readonly #use: CacheUse
  #line = ''
  #left = 0

  constructor(use: CacheUse) {
    super()
    this.#use = use
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        at += taken
        continue
      }
      const end = chunk.indexOf('\n', at)
      this.#line += chunk.toString('latin1', at, end < 0 ? undefined : end)
      if (this.#line.length > MOST_LINE) {
        done(new Error('not an answer of Redis'))
        return
      }
      if (end < 0) break
      this.#answer(this.#line)
      this.#line = ''
      at = end + 1
    }
    done(null, chunk)
  }

  #answer(line: string): void {
    const length = /^\$(-?\d{1,10})\r$/.exec(line)?.[1]
    if (length === '-1') this.#use.missed += 1
    else if (length !== undefined) {
      this.#use.found += 1
      this.#left = Number(length) + '\r\n'.length
    } else if (line === '+OK\r') this.#use.stored += 1
  }
}
