// The file that makes layers a tree: where it is, what is in it, and when it counts. trees.ts draws the store.

import { lstat, rm } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { hostError } from '../../errors.js'
import { readText } from '../../files/read.js'
import { syncPath, writeFileAtomic } from '../disk/atomic.js'
import type { StorePaths } from '../layout.js'
import { sealed, unsealed } from '../sealed.js'

/** An unpacked archive. */
export interface Tree {
  /** Of the archive, as it is on disk. */
  sha256: string
  /** Directories, top first; an upper one hides what is below it as overlayfs defines. */
  layers: string[]
  /** Number of members of the archive, where the one who unpacked it counted. */
  entries: number | undefined
}

const TREE_FILE = v.object({
  format: v.picklist([2, 3]),
  sha256: v.string(),
  layers: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/))), v.minLength(1)),
  entries: v.optional(v.number()),
  createdAt: v.string(),
})

/** The file of the tree of `sha256`. */
function treeFile(paths: StorePaths, sha256: string): string {
  // It becomes a file name, and may come out of a record.
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`not a sha256: ${sha256}`)
  return path.join(paths.trees, `${sha256}.json`)
}

/** The directory of a layer. */
export const layerRoot = (paths: StorePaths, id: string): string => path.join(paths.layers, id, 'root')

/** The id of a layer's directory. */
export const layerId = (layer: string): string => path.basename(path.dirname(layer))

/** The tree of `sha256`; undefined when there is none, when its file is not understood or was edited, or when a layer is gone. */
export async function findTree(paths: StorePaths, sha256: string): Promise<Tree | undefined> {
  const file = treeFile(paths, sha256)
  const text = await readText(file).catch((error: NodeJS.ErrnoException) => {
    // What is no file, or no text, is no tree either.
    if (error.code === undefined || error.code === 'ENOENT' || error.code === 'ELOOP') return ''
    throw hostError(error, file, { message: `${file} cannot be read` })
  })
  const tree = unsealed(text, TREE_FILE, { since: 3 })
  if (tree?.sha256 !== sha256) return undefined
  const layers = tree.layers.map((id) => layerRoot(paths, id))
  for (const layer of layers) {
    const info = await lstat(layer).catch(() => undefined)
    if (info?.isDirectory() !== true) return undefined
  }
  return { sha256, layers, entries: tree.entries }
}

/** Writes the file of a tree whose layers are all in place and durable. */
export async function writeTree(paths: StorePaths, tree: Tree): Promise<void> {
  const { sha256, layers, entries } = tree
  const content: v.InferOutput<typeof TREE_FILE> = {
    format: 3,
    sha256,
    layers: layers.map(layerId),
    entries,
    createdAt: new Date().toISOString(),
  }
  await writeFileAtomic(treeFile(paths, sha256), sealed(content))
}

/** Removes the file of a tree. Its layers stay until the store is collected: somebody may still use them. */
export async function forgetTree(paths: StorePaths, sha256: string): Promise<void> {
  // A folder in its place is none: whoever writes the file there says so.
  await rm(treeFile(paths, sha256), { force: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_FS_EISDIR') throw error
  })
  await syncPath(paths.trees)
}
