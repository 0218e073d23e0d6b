// Decodes an ELF header and its program headers, in either byte order and width. Pure but for the given reader.

/** Bytes that hold the ELF header of either class. */
export const HEADER_BYTES = 64

/** One program header that the loader reads. */
export interface Segment {
  kind: 'load' | 'dynamic' | 'interp'
  offset: number
  address: number
  fileSize: number
}

/** Header and program headers, decoded. */
export interface DecodedElf {
  class: 32 | 64
  littleEndian: boolean
  machine: number
  type: number
  segments: Segment[]
  /** Where all program headers are, as the ELF header says: of a file that is not loaded nobody has looked at them. */
  programHeaders: { offset: number; entry: number; count: number }
  /** Reads a class-wide unsigned word; what does not fit a safe integer becomes Infinity, which no bound lets pass. */
  word(bytes: Buffer, at: number): number
  /** File offset of a virtual address, or undefined when no PT_LOAD holds it. */
  fileOffset(address: number): number | undefined
}

/** Most program headers: a real file has about 10; PN_XNUM (65535) occurs in core files only. */
const MAX_SEGMENTS = 1024
const KINDS: Readonly<Record<number, Segment['kind']>> = { 1: 'load', 2: 'dynamic', 3: 'interp' }

/**
 * Decodes `header`, the first {@link HEADER_BYTES} bytes of a file that starts with the ELF magic.
 *
 * @param read reads exactly `size` bytes at `offset`, or throws
 * @returns the layout, or what is wrong with the file
 */
export function decodeElf(
  header: Buffer,
  read: (offset: number, size: number) => Buffer,
): DecodedElf | string {
  const bits = header[4] === 1 ? 32 : header[4] === 2 ? 64 : undefined
  if (bits === undefined) return `unknown ELF class ${header[4]}`
  if (header[5] !== 1 && header[5] !== 2) return `unknown ELF byte order ${header[5]}`
  if (header.length < (bits === 64 ? 64 : 52)) return `the ELF header ends after ${header.length} bytes`
  const littleEndian = header[5] === 1
  const number = numbers(littleEndian)
  const word = bits === 64 ? number.u64 : number.u32
  const segments: Segment[] = []
  const table = programHeaders(header, bits, number)
  const layout: DecodedElf = {
    class: bits,
    littleEndian,
    type: number.u16(header, 16),
    machine: number.u16(header, 18),
    segments,
    programHeaders: table,
    word,
    fileOffset: (address) => fileOffset(segments, address),
  }
  // Only programs and shared objects are loaded; the rest has no program headers worth reading.
  if ((layout.type !== 2 && layout.type !== 3) || table.count === 0) return layout
  const minimum = bits === 64 ? 56 : 32
  if (table.entry < minimum || table.entry > 256) return `program headers of ${table.entry} bytes`
  if (table.count > MAX_SEGMENTS) return `${table.count} program headers`
  if (!Number.isSafeInteger(table.offset)) return 'the program headers lie beyond any file'
  const bytes = read(table.offset, table.entry * table.count)
  for (let at = 0; at < bytes.length; at += table.entry) {
    const kind = KINDS[number.u32(bytes, at)]
    if (kind === undefined) continue
    const segment = decodeSegment(bytes.subarray(at), { kind, bits, word })
    if (kind !== 'load' && !Number.isSafeInteger(segment.offset)) return `a ${kind} segment beyond any file`
    segments.push(segment)
  }
  return layout
}

/** Where the ELF header says that the program headers are. */
function programHeaders(header: Buffer, bits: 32 | 64, number: Numbers): DecodedElf['programHeaders'] {
  const [place, size, amount] = bits === 64 ? ([32, 54, 56] as const) : ([28, 42, 44] as const)
  const offset = bits === 64 ? number.u64(header, place) : number.u32(header, place)
  return { offset, entry: number.u16(header, size), count: number.u16(header, amount) }
}

function decodeSegment(
  bytes: Buffer,
  { kind, bits, word }: { kind: Segment['kind']; bits: 32 | 64; word: DecodedElf['word'] },
): Segment {
  // Elf64_Phdr has p_flags second, Elf32_Phdr has it later.
  const [offset, address, size] = bits === 64 ? [8, 16, 32] : [4, 8, 16]
  return {
    kind,
    offset: word(bytes, offset as number),
    address: word(bytes, address as number),
    fileSize: word(bytes, size as number),
  }
}

function fileOffset(segments: readonly Segment[], address: number): number | undefined {
  for (const { kind, address: start, fileSize, offset } of segments) {
    if (kind === 'load' && address >= start && address < start + fileSize) {
      const at = offset + (address - start)
      return Number.isSafeInteger(at) ? at : undefined
    }
  }
  return undefined
}

type Read = (bytes: Buffer, at: number) => number

interface Numbers {
  u16: Read
  u32: Read
  u64: Read
}

function numbers(littleEndian: boolean): Numbers {
  const safe = (value: bigint): number =>
    value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY
  return littleEndian
    ? {
        u16: (bytes, at) => bytes.readUInt16LE(at),
        u32: (bytes, at) => bytes.readUInt32LE(at),
        u64: (bytes, at) => safe(bytes.readBigUInt64LE(at)),
      }
    : {
        u16: (bytes, at) => bytes.readUInt16BE(at),
        u32: (bytes, at) => bytes.readUInt32BE(at),
        u64: (bytes, at) => safe(bytes.readBigUInt64BE(at)),
      }
}
