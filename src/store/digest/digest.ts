// SHA-256 of a file: the identity of archives and trees everywhere in the project.

import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, type PathLike, readFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Emit } from '../../events/event.js'
import { tellWork } from '../../events/work.js'
import { openFileSync } from '../../files/read.js'

/**
 * Files up to this size are read at once, and without a turn of the event loop for each call: repos have a hundred thousand of
 * them, and the turns would take three quarters of the time.
 */
const AT_ONCE = 1 << 20

/**
 * SHA-256 of the bytes of `file`, a regular file or a link to one, as lower-case hex.
 *
 * @param emit told how far it is, of a large one
 * @throws as `openFile`: a FIFO, socket or device is not read
 */
export async function sha256File(file: PathLike, emit?: Emit): Promise<string> {
  const hash = createHash('sha256')
  const fd = openFileSync(file)
  const { size: bytes } = fstatSync(fd)
  if (bytes > AT_ONCE) {
    const stream = createReadStream('', { fd, highWaterMark: AT_ONCE })
    const work = {
      work: 'digest',
      name: path.basename(`${file}`),
      bytes,
      done: () => stream.bytesRead,
    } as const
    await tellWork({ emit, ...work }, () => pipeline(stream, hash))
  } else
    try {
      hash.update(readFileSync(fd))
    } finally {
      closeSync(fd)
    }
  return hash.digest('hex')
}
