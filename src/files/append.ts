// Opens files that the program itself adds to, in folders where others may have put something under that name: a link would
// lead the bytes of root into any file of the machine.

import { constants, openSync, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { kindOf } from './look.js'
import { checked, checkedSync } from './opened.js'

/** A link is not followed, a FIFO is not waited for. */
const FLAGS =
  constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK
const MODE = 0o644

/**
 * A descriptor of the file (or device) `file`, made if it is not there: what is written goes behind its end.
 *
 * @throws the system's error; Error that says what was found instead
 */
export function openToAppendSync(file: string): number {
  let fd: number
  try {
    fd = openSync(file, FLAGS, MODE)
  } catch (error) {
    throw inWords(error)
  }
  return checkedSync(fd, requireFile)
}

/** As {@link openToAppendSync}. */
export async function openToAppend(file: string): Promise<FileHandle> {
  const handle = await open(file, FLAGS, MODE).catch((error) => {
    throw inWords(error)
  })
  return await checked(handle, requireFile)
}

function inWords(error: unknown): unknown {
  const found = { ELOOP: 'a symbolic link', EISDIR: 'a folder', ENXIO: 'no file' }
  const what = found[(error as NodeJS.ErrnoException).code as keyof typeof found]
  return what === undefined ? error : new Error(`expected a file, found ${what}`, { cause: error })
}

function requireFile(info: Stats): void {
  // A device takes what is written, or says why not.
  if (!info.isFile() && !info.isCharacterDevice()) throw new Error(`expected a file, found ${kindOf(info)}`)
}
