// What a stat walk can tell of a folder, as one digest: whatever is written, moved, given away or copied below it changes
// that, because nobody can set a file's ctime or choose its inode. Contents are not read.

import { createHash } from 'node:crypto'
import { collectWords } from '../../process/output.js'
import { ended, failure, start } from '../../process/run.js'

/**
 * Type, mode, owner, size, mtime, ctime, inode, number of names, name and target of a link, of the folder and of each file.
 * Extended attributes, capabilities too, have no field; a change of them has a new ctime.
 */
const FIELDS = '%y %m %U %G %s %T@ %C@ %i %n %P//%l\\0'

/** What a stat walk finds of a folder. */
export interface StatWalk {
  /** Lower-case hex, in the order in which the file system lists it: the same for as long as nothing is changed there. */
  readonly digest: string
  /** The latest ctime, in nanoseconds since 1970. */
  readonly changed: bigint
}

/** The digest of `folder` by a stat walk of it, and of no other file system below. A copy has another one. @throws SdkError SDK_HOST when a part of it cannot be looked at */
export const statDigest = async (folder: string, signal?: AbortSignal): Promise<string> =>
  (await statWalk(folder, { signal, only: ['-xdev'] })).digest

/** Walks `folder` and all that is below it; `only`: tests of find(1). @throws SdkError SDK_HOST as {@link statDigest} */
export async function statWalk(
  folder: string,
  { signal, only = [] }: { signal?: AbortSignal | undefined; only?: readonly string[] } = {},
): Promise<StatWalk> {
  const argv = ['find', folder, ...only, '-printf', FIELDS] as const
  const child = start({ argv, signal })
  const hash = createHash('sha256')
  const newest = latestChange()
  child.stdout?.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    newest.add(chunk)
  })
  const [outcome, stderr] = await Promise.all([ended(child), collectWords(child.stderr)])
  signal?.throwIfAborted()
  if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_HOST', stderr })
  return { digest: hash.digest('hex'), changed: newest.found() }
}

/** Reads the latest ctime out of what find prints, which comes in pieces. */
function latestChange(): { add(chunk: Buffer): void; found(): bigint } {
  let rest = ''
  let latest = 0
  let written = '0'
  return {
    add(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\0')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const ctime = line.split(' ', CTIME + 1)[CTIME] ?? '0'
        // As a number it is good to 0.2 microseconds, which is nearer than any clock of a file system.
        if (Number(ctime) > latest) {
          latest = Number(ctime)
          written = ctime
        }
      }
    },
    found: () => nanoseconds(written),
  }
}

/** The place of the ctime in {@link FIELDS}. */
const CTIME = 6

/** Of what find prints for `%C@`: seconds, a point, and ten digits. */
function nanoseconds(written: string): bigint {
  const [seconds = '0', fraction = ''] = written.split('.')
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}
