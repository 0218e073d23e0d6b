// Counts the members that a listing names: one a line, as line ends in names are quoted.

import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { streamFile } from '../../files/read.js'

/**
 * The number of lines in the gzip file `contents` that are not empty: catalyst's end with an empty one. Rejects when it is no
 * gzip file, or a truncated one.
 */
export async function countLines(contents: string): Promise<number> {
  let lines = 0
  await pipeline(await streamFile(contents), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    let last = 0x0a
    for await (const chunk of chunks)
      for (const byte of chunk) {
        if (byte === 0x0a && last !== 0x0a) lines++
        last = byte
      }
  })
  return lines
}
