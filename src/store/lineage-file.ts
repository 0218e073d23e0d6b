// `ARCHIVE.lineage.gz`: the paths of a finished root that are still stage 1's own files, as they were found while the layers of
// the chain were there. With it that can be told of an archive that was unpacked anew, here or on another machine.

import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { readBytes } from '../files/read.js'
import { writeFileAtomic } from './disk/atomic.js'

/** Most bytes of paths: more than is told of any root (toolchain/root/bounds.ts), and little enough for the engine's memory. */
const MOST_TEXT = 16 * 2 ** 20

/** The paths as text, sorted; each is its bytes as latin1, from the root on. */
const textOf = (paths: readonly string[]): string =>
  paths
    .toSorted()
    .map((file) => `${JSON.stringify(file)}\n`)
    .join('')

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What the record says of them: SHA-256 of the text, whatever compressed it. */
export const lineageDigest = (paths: readonly string[]): string => digestOf(textOf(paths))

/** Writes the paths; the record, which vouches for them, comes later. @throws SdkError SDK_SPACE */
export const writeLineage = (file: string, paths: readonly string[]): Promise<void> =>
  writeFileAtomic(file, gzipSync(textOf(paths)))

/** The paths in `file`; undefined when it is not there, or not what a record says by `digest`. */
export async function readLineage(file: string, digest?: string): Promise<string[] | undefined> {
  const packed = await readBytes(file).catch(() => undefined)
  if (packed === undefined) return undefined
  try {
    const text = gunzipSync(packed, { maxOutputLength: MOST_TEXT }).toString('utf8')
    if (digest !== undefined && digestOf(text) !== digest) return undefined
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => String(JSON.parse(line)))
  } catch {
    return undefined
  }
}
