// Where a catalyst root keeps a seed that is named by its digest.

import path from 'node:path'
import { inRoot, SUFFIXES } from './layout.js'

/** The file of the seed that has this SHA-256 (hex) below a catalyst root. Seeds are told by their first bytes, whatever their names say. */
export const givenSeed = (root: string, sha256: string): string =>
  path.join(inRoot(root, 'seeds'), `given-${sha256}${SUFFIXES.zstd}`)
