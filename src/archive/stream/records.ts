// Cuts zeros off the end of a tar stream: whatever records it was written in, an archive is filled up as tar does by default.

import { RECORD_BLOCKS } from '../tar/command.js'
import { BLOCK } from '../tar/header.js'
import type { TarReader } from '../tar/stream.js'

const RECORD = RECORD_BLOCKS * BLOCK

/** The chunks of `tar` after `reader` has taken each, without zeros behind the record in which the archive ends. @throws as the reader does */
export async function* wholeRecords(tar: AsyncIterable<Buffer>, reader: TarReader): AsyncGenerator<Buffer> {
  for await (const chunk of tar) {
    const begin = reader.bytes
    reader.push(chunk)
    const end = reader.end === undefined ? Number.POSITIVE_INFINITY : Math.ceil(reader.end / RECORD) * RECORD
    if (begin + chunk.length <= end) yield chunk
    else if (begin < end) yield chunk.subarray(0, end - begin)
  }
}
