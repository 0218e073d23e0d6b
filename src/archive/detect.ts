// What kind of archive a file is, by its first bytes.

import { open } from 'node:fs/promises'
import { detectFormat, type Format, MAGIC_BYTES } from './compression.js'

/** The format of `file`. @throws SdkError SDK_ARCHIVE when it is none, saying what it looks like instead */
export async function detectFile(file: string): Promise<Format> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0)
    return detectFormat(buffer.subarray(0, bytesRead), file)
  } finally {
    await handle.close()
  }
}
