// Reads what the dynamic loader reads of one ELF file: class, machine, type, interpreter and the dynamic section.
// Every read is bounded, since the bytes are untrusted. Names are byte strings (latin1), as file names are bytes.

import { readAt } from '../../files/read.js'
import { type DecodedElf, decodeElf, HEADER_BYTES, type Segment } from './decode.js'

/** `e_type` values that matter here. */
const ELF_TYPE = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const

/** What one ELF file asks of the dynamic loader. All names are byte strings (latin1). */
export interface ElfFile {
  class: 32 | 64
  littleEndian: boolean
  /** `e_machine`: 62 is x86-64, 183 AArch64. */
  machine: number
  /** `e_type`, see {@link ELF_TYPE}. */
  type: number
  /** PT_INTERP, the program loader. */
  interpreter?: string
  /** DT_NEEDED, in file order. */
  needed: string[]
  rpath?: string
  runpath?: string
  soname?: string
}

/** An ELF file that breaks its own rules, in words. */
export interface ElfProblem {
  problem: string
}

/** Most bytes of one string: a longer soname or path is no use to any loader. */
const MAX_STRING = 64 * 1024
/** Most bytes of all strings of a file: many entries may name one string. */
const MAX_STRINGS = 1024 * 1024
/** Most bytes of a dynamic section: 65,536 entries of 64 bits. */
const MAX_DYNAMIC = 1024 * 1024
const DT = { null: 0, needed: 1, strtab: 5, strsz: 10, soname: 14, rpath: 15, runpath: 29 } as const

/** Thrown by the readers below, caught by {@link readElf}: never leaves this file. */
class Malformed extends Error {}

/**
 * Reads the ELF file behind `fd`, at absolute offsets (the position of `fd` is left alone).
 *
 * @returns undefined when it is not an ELF file, an {@link ElfProblem} when it is a broken one
 * @throws what the file system throws (EIO …)
 */
export function readElf(fd: number): ElfFile | ElfProblem | undefined {
  return readElfFrom((offset, size) => readAt(fd, Buffer.allocUnsafe(size), offset))
}

/** Reads at most `size` bytes at `offset`, fewer at the end of the file. */
export type ReadAt = (offset: number, size: number) => Buffer

/** As {@link readElf}, of a file that is read by `read`. */
export function readElfFrom(read: ReadAt): ElfFile | ElfProblem | undefined {
  const header = read(0, HEADER_BYTES)
  if (header.length < 4 || header.readUInt32BE(0) !== 0x7f454c46) return undefined
  try {
    const layout = decodeElf(header, (offset, size) => readExactly(read, { offset, size }))
    if (typeof layout === 'string') return { problem: layout }
    return describe(read, layout)
  } catch (error) {
    if (error instanceof Malformed) return { problem: error.message }
    throw error
  }
}

function describe(read: ReadAt, layout: DecodedElf): ElfFile {
  const { class: bits, littleEndian, machine, type } = layout
  const file: ElfFile = { class: bits, littleEndian, machine, type, needed: [] }
  if (type !== ELF_TYPE.executable && type !== ELF_TYPE.shared) return file
  const interp = layout.segments.find((segment) => segment.kind === 'interp')
  if (interp !== undefined && interp.fileSize > 0) file.interpreter = readInterpreter(read, interp)
  const dynamic = layout.segments.find((segment) => segment.kind === 'dynamic')
  if (dynamic !== undefined && dynamic.fileSize > 0) readDynamic(read, { layout, dynamic, file })
  return file
}

function readInterpreter(read: ReadAt, segment: Segment): string {
  if (segment.fileSize > MAX_STRING) throw new Malformed(`PT_INTERP has ${segment.fileSize} bytes`)
  const bytes = readExactly(read, { offset: segment.offset, size: segment.fileSize })
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end)
}

/** The dynamic section, as far as it matters: string offsets by tag, and the string table they point into. */
interface DynamicEntries {
  needed: number[]
  single: Map<number, number>
}

function readDynamic(
  read: ReadAt,
  { layout, dynamic, file }: { layout: DecodedElf; dynamic: Segment; file: ElfFile },
): void {
  if (dynamic.fileSize > MAX_DYNAMIC) throw new Malformed(`PT_DYNAMIC has ${dynamic.fileSize} bytes`)
  const bytes = readExactly(read, { offset: dynamic.offset, size: dynamic.fileSize })
  const { needed, single } = scanDynamic(bytes, layout)
  const wanted = [DT.soname, DT.rpath, DT.runpath].some((tag) => single.has(tag))
  if (needed.length === 0 && !wanted) return
  const table = stringTable(read, layout, single)
  file.needed = needed.map(table)
  const string = (tag: number): string | undefined => {
    const offset = single.get(tag)
    return offset === undefined ? undefined : table(offset)
  }
  const [soname, rpath, runpath] = [string(DT.soname), string(DT.rpath), string(DT.runpath)]
  if (soname !== undefined) file.soname = soname
  if (rpath !== undefined) file.rpath = rpath
  if (runpath !== undefined) file.runpath = runpath
}

function scanDynamic(bytes: Buffer, layout: DecodedElf): DynamicEntries {
  const entry = layout.class === 64 ? 16 : 8
  const found: DynamicEntries = { needed: [], single: new Map() }
  for (let at = 0; at + entry <= bytes.length; at += entry) {
    const tag = layout.word(bytes, at)
    const value = layout.word(bytes, at + entry / 2)
    if (tag === DT.null) break
    if (tag === DT.needed) found.needed.push(value)
    else found.single.set(tag, value)
  }
  return found
}

/** A reader of the dynamic string table. Tables up to {@link MAX_STRING} are read once, larger ones string by string. */
function stringTable(
  read: ReadAt,
  layout: DecodedElf,
  single: Map<number, number>,
): (offset: number) => string {
  const address = single.get(DT.strtab)
  const size = single.get(DT.strsz)
  if (address === undefined || size === undefined) throw new Malformed('no DT_STRTAB or DT_STRSZ')
  const start = layout.fileOffset(address)
  if (start === undefined) throw new Malformed(`DT_STRTAB ${address} lies in no PT_LOAD`)
  let told = 0
  const whole = size <= MAX_STRING ? readExactly(read, { offset: start, size }) : undefined
  return (offset) => {
    if (offset >= size) throw new Malformed(`string offset ${offset} is beyond DT_STRSZ ${size}`)
    const bytes = whole?.subarray(offset) ?? read(start + offset, Math.min(MAX_STRING, size - offset))
    const end = bytes.indexOf(0)
    if (end === -1) throw new Malformed(`the string at ${offset} of the string table does not end`)
    told += end
    if (told > MAX_STRINGS) throw new Malformed(`its dynamic strings have more than ${MAX_STRINGS} bytes`)
    return bytes.toString('latin1', 0, end)
  }
}

function readExactly(read: ReadAt, { offset, size }: { offset: number; size: number }): Buffer {
  const bytes = read(offset, size)
  if (bytes.length < size) throw new Malformed(`the file ends before offset ${offset + size}`)
  return bytes
}
