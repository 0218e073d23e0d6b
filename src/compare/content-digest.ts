// The digest of one file's content as its pieces pass by, with the holes between them as the zeros they read as.

import { createHash, type Hash } from 'node:crypto'

const ZEROS = Buffer.alloc(1024 * 1024)
/** Holes beyond this are not read as zeros: only their length counts. */
const MAX_HOLE = 2 ** 32

/** Takes the pieces in order, as {@link TarReaderOptions.onContent} hands them out. */
export class ContentDigest {
  readonly #hash: Hash = createHash('sha256')
  #at = 0

  add(bytes: Buffer, offset: number): void {
    this.#skipTo(offset)
    this.#hash.update(bytes)
    this.#at = offset + bytes.length
  }

  /** @param size of the whole file; the digest as a byte string */
  finish(size: number): string {
    this.#skipTo(size)
    return this.#hash.digest().toString('latin1')
  }

  #skipTo(offset: number): void {
    let hole = offset - this.#at
    if (hole > MAX_HOLE) {
      this.#hash.update(`hole of ${hole}`)
      hole = 0
    }
    for (; hole > 0; hole -= ZEROS.length) this.#hash.update(ZEROS.subarray(0, Math.min(hole, ZEROS.length)))
  }
}
