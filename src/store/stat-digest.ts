// What a stat walk can tell of a folder, as one digest: whatever is written, moved, given away or copied below it changes
// that, because nobody can set a file's ctime or choose its inode. Contents are not read.

import { createHash } from 'node:crypto'
import { collect, ended, failure, start } from '../process/run.js'

/**
 * Type, mode, owner, size, mtime, ctime, inode, number of names, name and target of a link, of the folder and of each file.
 * Extended attributes, capabilities too, have no field; a change of them has a new ctime.
 */
const FIELDS = '%y %m %U %G %s %T@ %C@ %i %n %P//%l\\0'

/**
 * The digest of `folder`, lower-case hex, in the order in which the file system lists it: for as long as nothing is changed
 * there, that stays the same. A copy has another one.
 *
 * @throws SdkError SDK_HOST when a part of it cannot be looked at
 */
export async function statDigest(folder: string, signal?: AbortSignal): Promise<string> {
  const argv = ['find', folder, '-xdev', '-printf', FIELDS] as const
  const child = start({ argv, signal })
  const hash = createHash('sha256')
  child.stdout?.on('data', (chunk: Buffer) => hash.update(chunk))
  const [outcome, stderr] = await Promise.all([ended(child), collect(child.stderr)])
  signal?.throwIfAborted()
  if (outcome.exitCode !== 0) throw failure(argv, outcome, { code: 'SDK_HOST', stderr })
  return hash.digest('hex')
}
