// Empties the store of trees that nothing names any more, and of copies of repos. The caller holds the store's lock
// exclusively.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { forgetOldDigests } from '../digest/known-digest.js'
import { syncPath } from '../disk/atomic.js'
import { reapRemovals, removeTree } from '../disk/remove.js'
import type { StorePaths } from '../layout.js'
import { findTree, layerId } from './tree-file.js'

/** Digits of a SHA-256. */
const DIGEST_LENGTH = 64

/**
 * Removes trees outside `keep` (and broken ones), then the layers that no remaining tree names, then all scratch, the copies
 * of repos outside `keep`, and digests that nobody has noted for long.
 *
 * @param keep SHA-256 of archives, and digests of repos
 */
export async function collectTrees(
  paths: StorePaths,
  keep: ReadonlySet<string>,
): Promise<{ trees: string[]; layers: string[] }> {
  const named = new Set<string>()
  const trees: string[] = []
  for (const name of await readdir(paths.trees)) {
    const sha256 = name.replace(/\.json$/, '')
    const tree = keep.has(sha256) ? await findTree(paths, sha256) : undefined
    for (const layer of tree?.layers ?? []) named.add(layerId(layer))
    if (tree !== undefined) continue
    await removeTree(path.join(paths.trees, name), paths.store)
    if (name.endsWith('.json')) trees.push(sha256)
  }
  // The trees must be gone for good before their layers are: a power cut in between may not bring one back.
  await syncPath(paths.trees)
  const layers = (await readdir(paths.layers)).filter((id) => !id.startsWith('.') && !named.has(id))
  for (const id of layers) await removeTree(path.join(paths.layers, id), paths.store)
  // A copy of a repo, and what proves it, are named by its digest, with a random end if that was taken.
  const copies = (await readdir(paths.repos)).filter((name) => !keep.has(name.slice(0, DIGEST_LENGTH)))
  const gone = [
    ...copies.map((name) => path.join(paths.repos, name)),
    ...(await readdir(paths.scratch)).map((name) => path.join(paths.scratch, name)),
  ]
  for (const each of gone) await removeTree(each, paths.store)
  await forgetOldDigests(paths.digests)
  for (const each of [paths.layers, paths.scratch]) await reapRemovals(each, paths.store)
  return { trees, layers }
}
