// Text files that a user names, or could have put something else in the place of.

import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'

/** A file and its text. */
export interface Source {
  /** Absolute path; used in messages as it is. */
  readonly file: string
  readonly text: string
}

/**
 * The text of the regular file `file`; a byte order mark is left out.
 *
 * @throws the system's error; Error with what was found, for a folder, for a FIFO or device, which could keep a reader
 *   for ever, and for what is not UTF-8
 */
export async function readText(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const info = await handle.stat()
    if (!info.isFile()) throw new Error(`expected a file, found ${kindOf(info)}`)
    return decode(await handle.readFile())
  } finally {
    await handle.close()
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('expected text in UTF-8, found other bytes', { cause })
  }
}

function kindOf(info: Stats): string {
  if (info.isDirectory()) return 'a folder'
  if (info.isFIFO()) return 'a FIFO'
  return info.isSocket() ? 'a socket' : 'a device'
}
