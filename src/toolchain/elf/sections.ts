// The section headers of an ELF file: names, places and sizes, for programs, libraries and object files alike.

import { type DecodedElf, decodeElf, HEADER_BYTES } from './decode.js'

/** One section. Names are byte strings (latin1). */
export interface ElfSection {
  readonly name: string
  readonly offset: number
  /** Bytes in the file: 0 for a section without content, such as .bss. */
  readonly size: number
  /** The header itself, as `read` gave it. */
  readonly header: Buffer
}

/** Reads at most `size` bytes at `offset`, fewer at the end. */
export type ReadSome = (offset: number, size: number) => Buffer

/** Most sections: an object file of C++ templates has some ten thousand. */
const MAX_SECTIONS = 65_536
/** Most bytes of a section header: real ones have 40 or 64. */
const MAX_ENTRY = 256
const NO_CONTENT = 8

/** Reads the sections of an ELF file; undefined when it is none, or a broken one. */
export function readSections(read: ReadSome): ElfSection[] | undefined {
  const found = elfLayout(read)
  if (found === undefined) return undefined
  const { layout, header } = found
  const is64 = layout.class === 64
  const half = (bytes: Buffer, at: number): number =>
    layout.littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
  const four = (bytes: Buffer, at: number): number =>
    layout.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
  const [entry, count, names] = [0, 2, 4].map((at) => half(header, (is64 ? 58 : 46) + at)) as [
    number,
    number,
    number,
  ]
  const place = layout.word(header, is64 ? 40 : 32)
  if (
    !Number.isSafeInteger(place) ||
    place === 0 ||
    count > MAX_SECTIONS ||
    entry < (is64 ? 64 : 40) ||
    entry > MAX_ENTRY
  )
    return undefined
  const table = read(place, entry * count)
  if (table.length < entry * count || names >= count) return undefined
  const [offsetAt, sizeAt] = is64 ? [24, 32] : [16, 20]
  const raw = Array.from({ length: count }, (_, index) => {
    const bytes = table.subarray(index * entry, (index + 1) * entry)
    const size = four(bytes, 4) === NO_CONTENT ? 0 : layout.word(bytes, sizeAt as number)
    return { name: four(bytes, 0), offset: layout.word(bytes, offsetAt as number), size, header: bytes }
  })
  const strings = raw[names]
  if (strings !== undefined && !Number.isSafeInteger(strings.offset + strings.size)) return undefined
  const text =
    strings === undefined ? Buffer.alloc(0) : read(strings.offset, Math.min(strings.size, 16 * 1024 * 1024))
  return raw.map(({ name, ...section }) => ({ name: nameAt(text, name), ...section }))
}

/**
 * The ELF header, as it is and decoded; undefined when it is not an ELF file, or a broken one. That is also one that ends too early:
 * `decodeElf` wants all the bytes that it asks for.
 */
export function elfLayout(read: ReadSome): { header: Buffer; layout: DecodedElf } | undefined {
  const header = read(0, HEADER_BYTES)
  if (header.length < 52 || header.readUInt32BE(0) !== 0x7f454c46) return undefined
  let isShort = false
  const layout = decodeElf(header, (offset, size) => {
    const bytes = read(offset, size)
    isShort ||= bytes.length < size
    return isShort ? Buffer.alloc(size) : bytes
  })
  return isShort || typeof layout === 'string' ? undefined : { header, layout }
}

function nameAt(text: Buffer, at: number): string {
  const end = text.indexOf(0, at)
  return text.toString('latin1', at, end < 0 ? text.length : end)
}
