// One 512-byte tar header block as numbers and bytes: v7, ustar and GNU. What its fields mean together is entry.ts's.

import type { Fail } from '../fault.js'
import { quoteBytes } from './quote.js'

/** Size of the blocks that a tar stream is made of. */
export const BLOCK = 512

/** Which of the header layouts a block has; it decides what GNU tar reads from the rest of the block. */
export type HeaderFormat = 'v7' | 'posix' | 'star' | 'gnu'

/** The fields of one header block; `link`, `path` and names end before their first NUL. */
export interface TarHeader {
  typeflag: string
  layout: HeaderFormat
  path: Buffer
  link: Buffer
  mode: number
  uid: number
  gid: number
  /** Bytes of content that follow, before padding. */
  size: number
  /** Seconds since the epoch. */
  mtime: number
  uname: string
  gname: string
  device: { major: number; minor: number }
  /** Only of an old GNU sparse member (typeflag `S`): the first part of its map, and its full size. */
  gnuSparse?: GnuRegions & { realSize: number }
}

/** Where a piece of content goes: `length` bytes at `offset`. */
export interface Region {
  offset: number
  length: number
}

/** A part of an old GNU sparse map; `extended` when another block of it follows. */
export interface GnuRegions {
  regions: Region[]
  extended: boolean
}

/** Whether `block` is all zeros: two of them end an archive. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

/** Whether the checksum of `block` is right, as unsigned sum or, as some old tars computed it, as signed sum. */
export function checksumFits(block: Buffer): boolean {
  let unsigned = 8 * 0x20
  let signed = unsigned
  for (let at = 0; at < BLOCK; at++) {
    if (at >= 148 && at < 156) continue
    const byte = block[at] ?? 0
    unsigned += byte
    signed += byte < 0x80 ? byte : byte - 0x100
  }
  const stated = octal(block.subarray(148, 156))
  return stated === unsigned || stated === signed
}

/** Reads the fields of `block`, whose checksum fits. @throws by `fail` on a number that is none */
export function parseHeader(block: Buffer, fail: Fail): TarHeader {
  const number = (start: number, end: number): number => readNumber(block.subarray(start, end), fail)
  const typeflag = String.fromCharCode(block[156] ?? 0)
  const layout = layoutOf(block)
  const isDevice = (typeflag === '3' || typeflag === '4') && layout !== 'v7'
  return {
    typeflag,
    layout,
    path: headerPath(block, layout),
    link: text(block, 157, 257),
    mode: number(100, 108) & 0o7777,
    uid: number(108, 116),
    gid: number(116, 124),
    size: number(124, 136),
    mtime: number(136, 148),
    uname: layout === 'v7' ? '' : text(block, 265, 297).toString('latin1'),
    gname: layout === 'v7' ? '' : text(block, 297, 329).toString('latin1'),
    // Other types leave these fields blank or worse, and the old layout has none: nobody reads them there.
    device: isDevice ? { major: number(329, 337), minor: number(337, 345) } : { major: 0, minor: 0 },
    ...(typeflag === 'S' ? { gnuSparse: gnuSparse(block, fail) } : {}),
  }
}

function layoutOf(block: Buffer): HeaderFormat {
  const magic = block.toString('latin1', 257, 265)
  if (magic === 'ustar  \0') return 'gnu'
  if (!magic.startsWith('ustar\0')) return 'v7'
  // star keeps two times, each ended by a blank, where POSIX has the last bytes of the prefix.
  return block[475] === 0 && block[487] === 0x20 && block[499] === 0x20 ? 'star' : 'posix'
}

/** GNU tar joins the prefix only under the POSIX magic; old GNU headers keep times and maps there. */
function headerPath(block: Buffer, layout: HeaderFormat): Buffer {
  const name = text(block, 0, 100)
  const prefix = layout === 'posix' || layout === 'star' ? text(block, 345, 500) : Buffer.alloc(0)
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}

function gnuSparse(block: Buffer, fail: Fail): GnuRegions & { realSize: number } {
  const first = readGnuRegions(block, { start: 386, count: 4 }, fail)
  return { ...first, realSize: readNumber(block.subarray(483, 495), fail) }
}

/** Reads a block that continues an old GNU sparse map. */
export function parseGnuExtension(block: Buffer, fail: Fail): GnuRegions {
  return readGnuRegions(block, { start: 0, count: 21 }, fail)
}

function readGnuRegions(block: Buffer, at: { start: number; count: number }, fail: Fail): GnuRegions {
  const regions: Region[] = []
  const end = at.start + at.count * 24
  const extended = block[end] !== 0
  for (let start = at.start; start < end; start += 24) {
    if (block[start + 12] !== 0) {
      const offset = readNumber(block.subarray(start, start + 12), fail)
      regions.push({ offset, length: readNumber(block.subarray(start + 12, start + 24), fail) })
    } else if (extended) {
      // An unused entry ends the map for GNU tar, which would take the announced block for a header.
      return fail('corrupt', 'corrupt: the map of a sparse member ends before its announced continuation')
    } else break
  }
  return { regions, extended }
}

function text(block: Buffer, start: number, end: number): Buffer {
  const field = block.subarray(start, end)
  const nul = field.indexOf(0)
  return Buffer.from(nul < 0 ? field : field.subarray(0, nul))
}

function readNumber(field: Buffer, fail: Fail): number {
  const first = field[0] ?? 0
  const value = first === 0x80 || first === 0xff ? base256(field) : octal(field)
  if (value === undefined || !Number.isSafeInteger(value))
    return fail('corrupt', `a header holds "${quoteBytes(field)}" where a number is expected`)
  return value
}

/** Octal digits with blanks before and blanks or NULs after; an empty field is 0. Anything else: undefined. */
function octal(field: Buffer): number | undefined {
  let at = 0
  let value = 0
  while (field[at] === 0x20) at++
  for (; at < field.length; at++) {
    const digit = (field[at] ?? 0) - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; at < field.length; at++) if (field[at] !== 0 && field[at] !== 0x20) return undefined
  return value
}

/** GNU's binary numbers: big endian two's complement, the top bit of the first byte only marks them. */
function base256(field: Buffer): number {
  let value = BigInt(field[0] === 0xff ? -1 : 0)
  for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte)
  return Number(value)
}
