// The digest of a repo as a run would copy it, known from before where a stat walk finds every file as it was.

import { lstat, stat } from 'node:fs/promises'
import { type DigestMemory, knownDigest, knownSha256, type Standing } from '../store/digest/known-digest.js'
import { statWalk } from '../store/digest/stat-digest.js'
import { type Graft, treeDigest } from './digest.js'
import { isSquashed } from './squashed.js'

/** Version of how trees are digested; part of every key. Raise it when the same tree would have another digest. */
const RECIPE = 1

/** A repo to digest: its folder or squashfs file, what is put into it, and the patterns of what is left out. */
export interface TreeToDigest {
  readonly path: string
  readonly graft: Graft | undefined
  readonly junk: readonly string[] | undefined
}

/**
 * {@link treeDigest} of a folder, the digest of the file for a squashfs file. Walked by stat, junk and `.git` too: what
 * changes there makes it read again, and gives the same digest.
 *
 * @throws SdkError SDK_REPO as {@link treeDigest}
 */
export async function knownTreeDigest(memory: DigestMemory, tree: TreeToDigest): Promise<string> {
  const { path: root, graft, junk } = tree
  if (isSquashed(root)) return await knownSha256(memory, root)
  const read = (): Promise<string> => treeDigest(root, graft, junk)
  const info = memory === undefined ? undefined : await stat(root, { bigint: true }).catch(() => undefined)
  if (info === undefined) return await read()
  const names = [graft?.at ?? '', ...(graft?.files.keys() ?? [])]
  const key = JSON.stringify(['tree', RECIPE, root, `${info.dev} ${info.ino}`, junk ?? null, ...names])
  return await knownDigest(memory, { key, look: () => lookAt(root, graft), read })
}

async function lookAt(root: string, graft: Graft | undefined): Promise<Standing> {
  // With a slash: the repo may be a link to its folder.
  const walk = await statWalk(`${root}/`)
  const parts = [walk.digest]
  let { changed } = walk
  const infos = await Promise.all(
    [...(graft?.files.values() ?? [])].map((file) => lstat(file, { bigint: true })),
  )
  for (const { dev, ino, mode, size, mtimeNs, ctimeNs } of infos) {
    parts.push([dev, ino, mode, size, mtimeNs, ctimeNs].join(' '))
    if (ctimeNs > changed) changed = ctimeNs
  }
  return { stat: parts.join('\n'), changed }
}
