// Where the stored bytes of one tar member go in the unpacked file: each region begins on a block of its own.

import { BLOCK, type Region } from './header.js'

/** Hands out the content of one member without its padding. A plain member is one region. */
export class StoredContent {
  readonly #regions: readonly Region[]
  readonly #give: (bytes: Buffer, offset: number) => void
  #region = 0
  /** Bytes passed of the region, its padding included. */
  #passed = 0

  /** @param give is called with each piece and its offset in the unpacked file */
  constructor(regions: readonly Region[], give: (bytes: Buffer, offset: number) => void) {
    this.#regions = regions
    this.#give = give
  }

  /** Takes the next stored bytes, padding included. */
  take(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const region = this.#regions[this.#region]
      if (region === undefined) return
      const whole = Math.ceil(region.length / BLOCK) * BLOCK
      const end = at + Math.min(bytes.length - at, whole - this.#passed)
      const content = bytes.subarray(at, Math.min(end, at + Math.max(0, region.length - this.#passed)))
      if (content.length > 0) this.#give(content, region.offset + this.#passed)
      this.#passed += end - at
      at = end
      if (this.#passed === whole) {
        this.#region++
        this.#passed = 0
      }
    }
  }
}
