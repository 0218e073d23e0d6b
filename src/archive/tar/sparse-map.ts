// The maps of sparse members (old GNU, PAX 0.0, 0.1, 1.0). GNU tar reads as many blocks as a map asks for, whatever the
// member's size says; so a map that does not fit its size would hide members from the audit, and is refused.

import type { Fail } from '../fault.js'
import { BLOCK, type Region } from './header.js'

/** A member's sizes: `stored` in the archive, `real` once unpacked. */
export interface SparseSizes {
  stored: number
  real: number
}

const blocksOf = (bytes: number): number => Math.ceil(bytes / BLOCK)

/** Most regions of one file: some 15 MiB of a PAX header. */
const MAX_REGIONS = 250_000

/** Adds up the regions of one map and checks that they need exactly the blocks that the member has. */
export class SparseMap {
  /** Blocks of the content that the map itself took (PAX 1.0). */
  mapBlocks = 0
  /** The regions so far, where they are wanted. */
  readonly regions: Region[] | undefined
  readonly #sizes: SparseSizes
  readonly #fail: Fail
  #blocks = 0
  #count = 0
  /** Where the last region ends. */
  #end = 0

  constructor(sizes: SparseSizes, fail: Fail, keepRegions = false) {
    this.#sizes = sizes
    this.#fail = fail
    this.regions = keepRegions ? [] : undefined
  }

  add({ offset, length }: Region): void {
    // Each region begins on a block of its own, so the tail of its last block belongs to nobody.
    this.#blocks += blocksOf(length)
    if (++this.#count > MAX_REGIONS)
      this.#fail('too-large', `a sparse member has more than ${MAX_REGIONS} regions`)
    // For GNU tar an empty region ends the file, so one that lies further in front would cut it.
    const fits = offset >= this.#end && length >= 0 && offset + length <= this.#sizes.real
    this.#end = offset + length
    if (!fits || this.#blocks > blocksOf(this.#sizes.stored)) this.#bad()
    this.regions?.push({ offset, length })
  }

  finish(): void {
    if (this.#blocks + this.mapBlocks !== blocksOf(this.#sizes.stored)) this.#bad()
  }

  #bad(): never {
    return this.#fail('corrupt', 'corrupt: the map of a sparse member does not fit its size')
  }
}

/** Takes the blocks of a map that continues after the header; says when the map is complete. */
export interface MapReader {
  map: SparseMap
  /** @returns true when `block` was the last of the map */
  take(block: Buffer): boolean
}

/** PAX 1.0: decimal numbers, one a line, at the start of the content: how many regions, then offset and length of each. */
export function paxMapReader(map: SparseMap, fail: Fail): MapReader {
  let number = -1
  let left: number | undefined
  let offset: number | undefined
  const line = (value: number): void => {
    if (left === undefined) left = value * 2
    else {
      left--
      if (offset === undefined) offset = value
      else {
        map.add({ offset, length: value })
        offset = undefined
      }
    }
  }
  return {
    map,
    take(block) {
      map.mapBlocks++
      for (const byte of block) {
        if (byte === 0x0a && number >= 0) {
          line(number)
          number = -1
          if (left === 0) return true
        } else {
          if (byte < 0x30 || byte > 0x39) fail('corrupt', 'corrupt: the map of a sparse member is malformed')
          number = Math.max(number, 0) * 10 + byte - 0x30
          if (!Number.isSafeInteger(number)) fail('corrupt', 'corrupt: the map of a sparse member overflows')
        }
      }
      return false
    },
  }
}

/** Old GNU: `regions` reads the entries of one block, and says whether another block follows. */
export function gnuMapReader(
  map: SparseMap,
  regions: (block: Buffer) => { regions: Region[]; extended: boolean },
): MapReader {
  return {
    map,
    take(block) {
      const more = regions(block)
      for (const region of more.regions) map.add(region)
      return !more.extended
    },
  }
}
