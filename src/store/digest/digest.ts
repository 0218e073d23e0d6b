// SHA-256 of a file: the identity of archives and trees everywhere in the project.

import { createHash } from 'node:crypto'
import type { PathLike } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { openFile, readWhole } from '../../files/read.js'

/** Files up to this size are read at once: repos have a hundred thousand of them. */
const AT_ONCE = 1 << 20

/**
 * SHA-256 of the bytes of `file`, a regular file or a link to one, as lower-case hex.
 *
 * @throws as `openFile`: a FIFO, socket or device is not read
 */
export async function sha256File(file: PathLike): Promise<string> {
  const hash = createHash('sha256')
  const handle = await openFile(file)
  const { size } = await handle.stat()
  if (size <= AT_ONCE) hash.update(await readWhole(handle))
  else await pipeline(handle.createReadStream({ highWaterMark: AT_ONCE }), hash)
  return hash.digest('hex')
}
