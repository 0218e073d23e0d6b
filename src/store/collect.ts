// Empties the store of trees that nothing names any more, and of copies of repos. The caller holds the store's lock
// exclusively.

import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { syncPath } from './atomic.js'
import type { StorePaths } from './layout.js'
import { reapRemovals, removeTree } from './remove.js'
import { findTree, layerId } from './tree-file.js'

/**
 * Removes trees outside `keep` (and broken ones), then the layers that no remaining tree names, then all scratch, and the
 * copies of repos, which the next run makes anew.
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
    await rm(path.join(paths.trees, name), { force: true })
    if (name.endsWith('.json')) trees.push(sha256)
  }
  // The trees must be gone for good before their layers are: a power cut in between may not bring one back.
  await syncPath(paths.trees)
  const layers = (await readdir(paths.layers)).filter((id) => !id.startsWith('.') && !named.has(id))
  for (const id of layers) await removeTree(path.join(paths.layers, id), paths.store)
  for (const folder of [paths.scratch, paths.repos])
    for (const id of await readdir(folder)) await removeTree(path.join(folder, id), paths.store)
  for (const each of [paths.layers, paths.scratch]) await reapRemovals(each, paths.store)
  return { trees, layers }
}
