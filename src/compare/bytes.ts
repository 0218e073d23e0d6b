// The content of a file that is looked at closer: read in parts, from a descriptor or from memory.

import { readAt } from '../files/read.js'

/** Bytes that are there in full; nothing is kept of what was read. */
export interface Bytes {
  readonly size: number
  /** The bytes from `at` on, at most `size`; fewer at the end. */
  read(at: number, size: number): Buffer
  /** A part of these bytes; it is cut at their end. */
  part(at: number, size: number): Bytes
}

/** `size` bytes of the file behind `fd`, from `start` on. */
export function fileBytes(fd: number, size: number, start = 0): Bytes {
  return {
    size,
    read(at, wanted) {
      return readAt(fd, Buffer.allocUnsafe(Math.max(0, Math.min(wanted, size - at))), start + at)
    },
    part: (at, wanted) => fileBytes(fd, Math.max(0, Math.min(wanted, size - at)), start + at),
  }
}

/** Bytes in memory. */
export function memoryBytes(buffer: Buffer): Bytes {
  return {
    size: buffer.length,
    read: (at, wanted) => buffer.subarray(at, at + wanted),
    part: (at, wanted) => memoryBytes(buffer.subarray(at, at + wanted)),
  }
}

const CHUNK = 256 * 1024

/** Offset of the first byte that differs, or undefined when all are equal. */
export function firstDifference(a: Bytes, b: Bytes): number | undefined {
  const size = Math.min(a.size, b.size)
  for (let at = 0; at < size; at += CHUNK) {
    const [left, right] = [a.read(at, Math.min(CHUNK, size - at)), b.read(at, Math.min(CHUNK, size - at))]
    if (left.equals(right)) continue
    return at + left.findIndex((byte, index) => byte !== right[index])
  }
  return a.size === b.size ? undefined : size
}

/** Whether all bytes are equal. */
export const isSame = (a: Bytes, b: Bytes): boolean =>
  a.size === b.size && firstDifference(a, b) === undefined
