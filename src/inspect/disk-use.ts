// How much disk the parts of a catalyst root take, as du(1) counts it: hard links once, holes not at all.

import { capture } from '../process/run.js'
import { isFolder } from '../request/catalyst-root.js'
import { inRoot, rootFolders } from '../store/layout.js'

/** Parts of a catalyst root whose size is worth knowing. */
const PARTS = rootFolders()
  .filter((name) => name !== 'locks')
  .sort()

/** After this long a size counts as unknown: a slow disk must not make a command of a second last minutes. */
const LONGEST_MS = 20_000

/** Bytes by part; null where it took too long or may not be read. A part that is not there has 0. */
export async function diskUse(root: string): Promise<Record<string, number | null>> {
  const use: Record<string, number | null> = {}
  const signal = AbortSignal.timeout(LONGEST_MS)
  for (const part of PARTS) use[part] = (await folderBytes(inRoot(root, part), signal)) ?? null
  return use
}

/** Bytes of the disk that `folder` takes; undefined when that cannot be found out. */
export async function folderBytes(folder: string, signal?: AbortSignal): Promise<number | undefined> {
  if (!(await isFolder(folder))) return 0
  if (signal?.aborted === true) return undefined
  const argv = ['du', '--summarize', '--one-file-system', '--block-size=1', '--', folder] as const
  const { exitCode, stdout, stderr } = await capture({ argv, signal })
  const bytes = Number.parseInt(stdout, 10)
  // A file that goes away meanwhile is no matter; a folder that may not be read is.
  const isWhole = exitCode !== null && !stderr.includes('Permission denied')
  return isWhole && Number.isSafeInteger(bytes) ? bytes : undefined
}
