// Reads files that a user names, or could have put something else in the place of. Whoever reads such a file does it with
// these: a FIFO keeps a plain reader for ever, and then not even a signal ends the program.

import { constants, fstatSync, openSync, type PathLike, readSync, type Stats, statSync } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { kindOf } from './look.js'
import { checked, checkedSync } from './opened.js'
import { isWithin } from './place.js'

/** A file and its text. */
export interface Source {
  /** Absolute path; used in messages as it is. */
  readonly file: string
  readonly text: string
}

/** O_NONBLOCK: what took the place of the file since it was looked at is not waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK

/**
 * Opens the regular file `file`, or what a link of that name leads to.
 *
 * @throws the system's error; Error that says what was found, for a folder, FIFO, socket or device
 */
async function openFile(file: PathLike): Promise<FileHandle> {
  requireFile(await stat(file))
  return await checked(await open(file, FLAGS), requireFile)
}

function requireFile(info: Stats): void {
  if (!info.isFile()) throw new Error(`expected a file, found ${kindOf(info)}`)
}

/** The bytes of `file`. @throws as {@link openFile} */
export const readBytes = async (file: string): Promise<Buffer> => await readWhole(await openFile(file))

/** All that an open file has left; closes it. */
async function readWhole(handle: FileHandle): Promise<Buffer> {
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/** Fills `buffer` from `offset` of the file on. @returns what was read: less where the file ends */
export function readAt(fd: number, buffer: Buffer, offset: number): Buffer {
  let got = 0
  while (got < buffer.length) {
    const count = readSync(fd, buffer, got, buffer.length - got, offset + got)
    if (count === 0) break
    got += count
  }
  return buffer.subarray(0, got)
}

/** The last bytes of an open file, at most `most`. */
export function readEnd(fd: number, most: number): Buffer {
  const { size } = fstatSync(fd)
  const from = Math.max(0, size - most)
  return readAt(fd, Buffer.alloc(size - from), from)
}

/** A descriptor of `file`, opened for reading. @throws as {@link openFile} */
export function openFileSync(file: PathLike): number {
  requireFile(statSync(file))
  return checkedSync(openSync(file, FLAGS), requireFile)
}

/** A stream of the bytes of `file`, which closes the file when it ends. @throws as {@link openFile} */
export async function streamFile(file: PathLike): Promise<Readable> {
  return (await openFile(file)).createReadStream({ highWaterMark: 1 << 20 })
}

/** More than any text that a person or this program writes, and little enough for the memory of a small machine. */
const MOST_TEXT = 64 * 2 ** 20

/**
 * The text of `file`; a byte order mark is left out.
 *
 * @param check looks at the very file that is read; what it throws ends the reading
 * @throws as {@link openFile}; Error for what is not UTF-8, has a NUL byte, or more than 64 MiB
 */
export async function readText(file: string, check?: (info: Stats) => void): Promise<string> {
  const handle = await openFile(file)
  const info = await handle.stat()
  try {
    if (info.size > MOST_TEXT)
      throw new Error(`expected text of at most ${MOST_TEXT} bytes, found ${info.size}`)
    check?.(info)
  } catch (error) {
    await handle.close()
    throw error
  }
  const bytes = await readWhole(handle)
  // Nobody writes one; to the system it ends a path, and what is behind it would be lost.
  const nul = bytes.indexOf(0)
  if (nul >= 0) throw new Error(`expected text, found a NUL byte in line ${lineOf(bytes, nul)}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('expected text in UTF-8, found other bytes', { cause })
  }
}

/**
 * {@link readText} of a file of a tree that others have made: no link leads out of it, to a file of this machine for one.
 *
 * @throws also Error that says where it leads
 */
export async function readTextOf(tree: string, name: string): Promise<string> {
  const [around, file] = await Promise.all([realpath(tree), realpath(path.join(tree, name))])
  if (!isWithin(file, around)) throw new Error(`expected a file of ${tree}, found a link to ${file}`)
  return await readText(file, requireShort)
}

/** Lists of others, each line of which becomes an object. */
const MOST_OF_OTHERS = 2 * 2 ** 20

function requireShort({ size }: Stats): void {
  if (size > MOST_OF_OTHERS)
    throw new Error(`expected text of at most ${MOST_OF_OTHERS} bytes, found ${size}`)
}

const lineOf = (bytes: Buffer, at: number): number =>
  bytes.subarray(0, at).toString('latin1').split('\n').length
