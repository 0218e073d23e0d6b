// Reads a tar stream as its chunks pass by: one TarEntry per member, its content piece by piece if wanted, memory bounded.
// Stricter than GNU tar wherever two programs could see different members.

import { type Fail, failFor } from '../fault.js'
import { describeContent } from '../stream/compression.js'
import { buildEntry, type Pending, startSparseMap, type TarEntry } from './entry.js'
import { BLOCK, checksumFits, isZeroBlock, parseHeader, type Region, type TarHeader } from './header.js'
import { checkGlobalPax, parsePax } from './pax.js'
import type { MapReader } from './sparse-map.js'
import { StoredContent } from './stored-content.js'

/** Longest PAX header or GNU long name that is read: the map of a file with very many holes takes most. */
export const MAX_EXTENDED_HEADER = 16 * 1024 * 1024

/** First bytes of the index that pixz, catalyst's default compressor, puts behind the tar within the xz stream. */
const PIXZ_INDEX = Buffer.from('a64c322ed614aedb', 'hex')

/** What a {@link TarReader} reads and whom it tells. */
export interface TarReaderOptions {
  /** Path or name of the archive, for messages. */
  archive: string
  /** Called for each member once its headers are complete; what it throws ends the reading. */
  onEntry: (entry: TarEntry) => void
  /**
   * Called with the content of the last member, in order: bytes, and their offset in the unpacked file. What lies between
   * them are holes. The bytes are only valid during the call.
   */
  onContent?: (bytes: Buffer, offset: number) => void
  /** Called between `onEntry` and the content with the map of a sparse member, or undefined; only together with `onContent`. */
  onMap?: (regions: readonly Region[] | undefined) => void
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

/** Incremental reader. @throws SdkError SDK_ARCHIVE from {@link TarReader.push} and {@link TarReader.finish}; it is dead after that */
export class TarReader {
  /** Members so far. */
  entries = 0
  /** Bytes so far. */
  bytes = 0
  /** The bytes up to the end marker, with it; undefined until that has passed by. */
  end: number | undefined
  readonly #onEntry: (entry: TarEntry) => void
  readonly #onContent: TarReaderOptions['onContent']
  readonly #onMap: TarReaderOptions['onMap']
  readonly #fail: Fail
  readonly #carry = Buffer.alloc(BLOCK)
  #carried = 0
  /** Bytes of content and padding still to pass. */
  #skip = 0
  #content: StoredContent | undefined
  #state: 'header' | 'extended' | 'sparse-map' | 'end' | 'index' = 'header'
  #zeroBlocks = 0
  #pending: Pending = {}
  #sparse: { reader: MapReader; stored: number } | undefined
  #extended: { typeflag: string; size: number; blocks: Buffer[] } | undefined

  constructor(options: TarReaderOptions) {
    this.#onEntry = options.onEntry
    this.#onContent = options.onContent
    this.#onMap = options.onMap
    this.#fail = failFor(options.archive)
  }

  /** Whether the end marker has passed by. */
  get isAtEnd(): boolean {
    return this.#state === 'end' || this.#state === 'index'
  }

  /** Takes the next bytes of the stream. They are not kept and may be passed on afterwards. */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      const left = chunk.length - at
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, left)
        this.#content?.take(chunk.subarray(at, at + passed))
        this.#skip -= passed
        at += passed
      } else if (this.#carried === 0 && left >= BLOCK) {
        this.#take(chunk.subarray(at, at + BLOCK))
        at += BLOCK
      } else {
        at += this.#carryOn(chunk.subarray(at))
      }
      if (this.#state === 'end') this.end ??= this.bytes + at
    }
    this.bytes += chunk.length
  }

  /** Checks that the stream ended where an archive ends: after two zero blocks, or the one that some programs write. */
  finish(): void {
    if (this.bytes === 0) this.#fail('truncated', 'empty: it holds no tar stream')
    if (this.#state === 'end' && this.#carried > 0) this.#afterEnd(this.#carry.subarray(0, this.#carried))
    if (!this.isAtEnd && !(this.#zeroBlocks > 0 && this.#carried === 0))
      this.#fail(
        'truncated',
        `truncated: the tar stream ends after ${this.bytes} bytes without its end marker`,
      )
    if (this.entries === 0) this.#fail('not-a-tar', 'the archive has no members')
  }

  /** Completes a block that spans chunks; returns how many bytes it took. */
  #carryOn(rest: Buffer): number {
    const taken = rest.copy(this.#carry, this.#carried)
    this.#carried += taken
    if (this.#carried === BLOCK) {
      this.#carried = 0
      this.#take(this.#carry)
    }
    return taken
  }

  #take(block: Buffer): void {
    if (this.#state === 'header') this.#header(block)
    else if (this.#state === 'extended') this.#extendedBlock(block)
    else if (this.#state === 'sparse-map') this.#sparseMap(block)
    else if (this.#state === 'end') this.#afterEnd(block)
  }

  #header(block: Buffer): void {
    if (isZeroBlock(block)) {
      this.#zeroBlock()
      return
    }
    if (this.#zeroBlocks > 0) this.#fail('corrupt', `corrupt: a lone zero block before ${this.#where()}`)
    if (!checksumFits(block)) this.#badChecksum(block)
    const header = parseHeader(block, this.#fail)
    if ('xgLKX'.includes(header.typeflag)) this.#startExtended(header)
    else if (header.typeflag === 'V' && header.size === 0 && this.entries === 0) this.#label()
    else this.#member(header)
  }

  /** GNU tar's `--label`: a name of the archive, and not a member. */
  #label(): void {
    const { pax, longPath, longLink } = this.#pending
    if (pax ?? longPath ?? longLink) this.#fail('unsupported', 'an extended header before the label')
  }

  #zeroBlock(): void {
    const { pax, longPath, longLink } = this.#pending
    if (pax ?? longPath ?? longLink)
      this.#fail('truncated', 'truncated: it ends after a header that announces a member')
    this.#zeroBlocks++
    if (this.#zeroBlocks === 2) this.#state = 'end'
  }

  #badChecksum(block: Buffer): never {
    if (this.bytes === 0 && this.entries === 0)
      return this.#fail('not-a-tar', `not a tar archive: it holds ${describeContent(block)}`)
    return this.#fail('corrupt', `corrupt: the checksum of ${this.#where()} is wrong`)
  }

  #where(): string {
    return `the header after member ${this.entries}`
  }

  #startExtended(header: TarHeader): void {
    const { typeflag, size } = header
    const { pax, longPath, longLink } = this.#pending
    if (size <= 0 || size > MAX_EXTENDED_HEADER) {
      this.#fail('too-large', `an extended header has ${size} bytes; at most ${MAX_EXTENDED_HEADER} are read`)
    }
    const repeated = { x: pax, X: pax, L: longPath, K: longLink, g: pax ?? longPath ?? longLink }[typeflag]
    if (repeated !== undefined)
      this.#fail('unsupported', `two extended headers "${typeflag}" before one member`)
    this.#extended = { typeflag, size, blocks: [] }
    this.#state = 'extended'
  }

  #extendedBlock(block: Buffer): void {
    const extended = this.#extended
    if (extended === undefined) return
    extended.blocks.push(Buffer.from(block))
    if (extended.blocks.length * BLOCK < extended.size) return
    const blocks = Buffer.concat(extended.blocks)
    const body = blocks.subarray(0, extended.size)
    this.#extended = undefined
    this.#state = 'header'
    if (extended.typeflag === 'g') checkGlobalPax(body, this.#fail)
    else if (extended.typeflag === 'L') this.#pending.longPath = this.#longName(blocks, body.length)
    else if (extended.typeflag === 'K') this.#pending.longLink = this.#longName(blocks, body.length)
    else this.#pending.pax = parsePax(body, this.#fail)
  }

  /** GNU tar reads it to its NUL, which need not be within the size: so all of its blocks have to agree. */
  #longName(blocks: Buffer, size: number): Buffer {
    const nul = blocks.indexOf(0)
    const name = nul < 0 ? blocks : blocks.subarray(0, nul)
    if (name.length === 0 || (nul >= 0 && blocks.subarray(nul).some((byte) => byte !== 0)))
      this.#fail('corrupt', 'corrupt: a GNU long name holds a NUL')
    if (name.length > size) this.#fail('corrupt', 'corrupt: a GNU long name is longer than its header says')
    return name
  }

  #member(header: TarHeader): void {
    const entry = buildEntry(header, this.#pending, this.#fail)
    const keepRegions = this.#onContent !== undefined
    const sparse = startSparseMap({ header, before: this.#pending, keepRegions }, this.#fail)
    this.#pending = {}
    this.entries++
    this.#onEntry(entry)
    if (sparse?.reader === undefined) this.#startContent(entry.size, sparse?.map.regions)
    else {
      this.#sparse = { reader: sparse.reader, stored: entry.size }
      this.#state = 'sparse-map'
    }
  }

  #startContent(stored: number, regions: Region[] | undefined): void {
    this.#skip = padded(stored)
    this.#onMap?.(regions)
    this.#content =
      this.#onContent === undefined
        ? undefined
        : new StoredContent(regions ?? [{ offset: 0, length: stored }], this.#onContent)
  }

  #sparseMap(block: Buffer): void {
    if (this.#sparse === undefined || !this.#sparse.reader.take(block)) return
    const { reader, stored } = this.#sparse
    reader.map.finish()
    this.#startContent(stored - reader.map.mapBlocks * BLOCK, reader.map.regions)
    this.#sparse = undefined
    this.#state = 'header'
  }

  #afterEnd(bytes: Buffer): void {
    if (bytes.every((byte) => byte === 0)) return
    if (bytes.subarray(0, PIXZ_INDEX.length).equals(PIXZ_INDEX)) this.#state = 'index'
    else this.#fail('corrupt', 'data follows the end of the archive (two archives in one file?)')
  }
}
