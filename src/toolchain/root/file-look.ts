// One look at a regular file, read once from its first byte to its last: what the loader reads of it, who compiled it,
// which places of a build it names.

import { readSync } from 'node:fs'
import { readCompilers } from '../elf/comment.js'
import { type ElfFile, type ElfProblem, type ReadAt, readElfFrom } from '../elf/elf.js'
import { type BuildPlace, findBuildPlaces, OVERLAP } from './build-paths.js'

/** What {@link fileReader} finds. */
export interface FileLook {
  /** Undefined when it is not an ELF file. */
  readonly elf: ElfFile | ElfProblem | undefined
  /** Undefined when it is neither an ELF file nor an archive of such. */
  readonly compilers: readonly string[] | undefined
  /** Sorted. */
  readonly places: readonly BuildPlace[]
}

/** Most files are smaller, and so are read in one piece. */
const PIECE = 512 * 1024

/** A function that looks at the file behind a descriptor; its buffer serves all files, one after the other. */
export function fileReader(): (fd: number) => FileLook {
  const buffer = Buffer.allocUnsafe(PIECE)
  return (fd) => {
    const first = readAt(fd, buffer, 0)
    const read: ReadAt = (offset, size) =>
      offset + size <= first.length || first.length < PIECE
        ? first.subarray(offset, offset + size)
        : readAt(fd, Buffer.allocUnsafe(size), offset)
    const elf = readElfFrom(read)
    const compilers = readCompilers(read)
    return { elf, compilers, places: placesIn(fd, buffer, first) }
  }
}

/** Goes through the whole file; `first`, its first piece, is in `buffer` already and is lost. */
function placesIn(fd: number, buffer: Buffer, first: Buffer): string[] {
  const found = new Set<BuildPlace>()
  findBuildPlaces(first, found)
  for (let offset = PIECE - OVERLAP, piece = first; piece.length === PIECE; offset += PIECE - OVERLAP) {
    piece = readAt(fd, buffer, offset)
    findBuildPlaces(piece, found)
  }
  return [...found].sort()
}

/** Fills `buffer` from `offset` on, less at the end of the file. */
function readAt(fd: number, buffer: Buffer, offset: number): Buffer {
  let got = 0
  while (got < buffer.length) {
    const count = readSync(fd, buffer, got, buffer.length - got, offset + got)
    if (count === 0) break
    got += count
  }
  return buffer.subarray(0, got)
}
