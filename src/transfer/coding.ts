// Bodies that a server has packed for the way (`Content-Encoding`), unpacked in place. Whether it was for the way, or is how
// the file itself is packed, no header says: a digest does.

import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: zlib.createGunzip,
  'x-gzip': zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
}

/** The codings of `headers` in the order in which they were applied; nothing for a body that is as it is. */
export function codingsOf(headers: {
  'content-encoding'?: string | undefined
  'transfer-encoding'?: string | undefined
}): string[] {
  const words = `${headers['content-encoding'] ?? ''},${headers['transfer-encoding'] ?? ''}`
    .toLowerCase()
    .split(',')
  return words
    .map((word) => word.trim())
    .filter((word) => !['', 'identity', 'chunked', 'none'].includes(word))
}

/**
 * Unpacks the file at `path`; no more than `most` bytes are written. @returns whether that worked: a file that is not packed as
 * `codings` say stays as it is
 */
export async function decodeFile(path: string, codings: readonly string[], most: number): Promise<boolean> {
  const decoders = codings.map((coding) => DECODERS[coding]).reverse()
  if (decoders.length === 0 || decoders.includes(undefined)) return false
  const target = `${path}.decoded`
  await rm(target, { force: true })
  try {
    const steps = decoders.map((decoder) => (decoder as () => Transform)())
    await pipeline([
      createReadStream(path),
      ...steps,
      atMost(most),
      createWriteStream(target, { flags: 'wx' }),
    ])
    await rename(target, path)
    return true
  } catch (error) {
    if (!/^(?:Z_|ERR_|TOO_LONG)/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    return false
  } finally {
    await rm(target, { force: true })
  }
}

function atMost(most: number): Transform {
  let got = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      got += chunk.length
      if (got > most) done(Object.assign(new Error(`more than ${most} bytes`), { code: 'TOO_LONG' }))
      else done(null, chunk)
    },
  })
}
