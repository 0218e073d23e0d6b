// One look at a regular file, read once from its first byte to its last: what the loader reads of it, who compiled it,
// which places of a build it names.

import { spawnSync } from 'node:child_process'
import type { Hash } from 'node:crypto'
import { fstatSync, type Stats } from 'node:fs'
import { readAt } from '../../files/read.js'
import { toolEnvironment } from '../../process/environment.js'
import { readCompilers } from '../elf/comment.js'
import { type ElfFile, type ElfProblem, type ReadAt, readElfFrom } from '../elf/elf.js'
import { type BuildPlace, findBuildPlaces, OVERLAP } from './build-paths.js'

/** What {@link fileReader} finds. */
export interface FileLook {
  /** What it takes on the disk, of one with several names its part of that. */
  readonly bytes: number
  /** Undefined when it is not an ELF file. */
  readonly elf: ElfFile | ElfProblem | undefined
  /** Undefined when it is neither an ELF file nor an archive of such. */
  readonly compilers: readonly string[] | undefined
  /** Sorted. */
  readonly places: readonly BuildPlace[]
}

/** Most files are smaller, and so are read in one piece. */
const PIECE = 512 * 1024

/**
 * A function that looks at the file behind a descriptor; its buffer serves all files, one after the other. `hash` gets mode, owner,
 * size, time and content of each; of one that is mostly holes not the content.
 */
export function fileReader(hash: Hash): (fd: number) => FileLook {
  const buffer = Buffer.allocUnsafe(PIECE)
  return (fd) => {
    const stats = fstatSync(fd)
    const { mode, uid, gid, size, mtimeMs } = stats
    hash.update(`${mode} ${uid} ${gid} ${size} ${mtimeMs}\n`)
    const first = readAt(fd, buffer, 0)
    const read: ReadAt = (offset, size) =>
      offset + size <= first.length || first.length < PIECE
        ? first.subarray(offset, offset + size)
        : readAt(fd, Buffer.allocUnsafe(size), offset)
    const elf = readElfFrom(read)
    const compilers = readCompilers(read)
    const places = isMostlyHoles(stats) ? placesInData(fd) : placesIn(fd, { buffer, first, hash })
    const bytes = Math.min(size, stats.blocks * 512) / stats.nlink
    return { bytes, elf, compilers, places }
  }
}

/** Goes through the whole file; `first`, its first piece, is in `buffer` already and is lost. */
function placesIn(
  fd: number,
  { buffer, first, hash }: { buffer: Buffer; first: Buffer; hash: Hash },
): string[] {
  const found = new Set<BuildPlace>()
  findBuildPlaces(first, found)
  hash.update(first)
  for (let offset = PIECE - OVERLAP, piece = first; piece.length === PIECE; offset += PIECE - OVERLAP) {
    piece = readAt(fd, buffer, offset)
    findBuildPlaces(piece, found)
    hash.update(piece.subarray(OVERLAP))
  }
  return [...found].sort()
}

/** Smaller files are read as they are: a program for each would cost more. */
const SMALL = 64 * 1024 * 1024

/** A disk image or database of hundreds of gigabytes may have a few megabytes of data. */
function isMostlyHoles({ size, blocks }: Stats): boolean {
  return size > SMALL && blocks * 512 < size / 4
}

/** Only tar knows here where data is (SEEK_DATA): it writes the data alone, and a short map of it. */
const DATA_OF = `tar --create --sparse --dereference --directory=/proc/self/fd --file=- 3 | LC_ALL=C tr '\\0' '\\n' | LC_ALL=C grep -a -F /tmp/ | cut -b -65536`

function placesInData(fd: number): string[] {
  const { stdout } = spawnSync('bash', ['-c', DATA_OF], {
    stdio: ['ignore', 'pipe', 'ignore', fd],
    env: toolEnvironment(),
    maxBuffer: 64 * 1024 * 1024,
  })
  const found = new Set<BuildPlace>()
  findBuildPlaces(stdout ?? Buffer.alloc(0), found)
  return [...found].sort()
}
