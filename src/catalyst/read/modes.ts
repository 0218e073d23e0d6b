// Catalyst's compression modes (pyDeComp's names) and the compressions of our archives.

import type { Compression } from '../../sdk/definition.js'

/** Each mode that makes a compressed tar, and what that is here. The first mode of a compression is the one written. */
export const COMPRESSION_OF: Readonly<Record<string, Compression>> = {
  lbzip2: 'bz2',
  bzip2: 'bz2',
  pbzip2: 'bz2',
  xz: 'xz',
  pixz: 'xz',
  zstd: 'zstd',
  gzip: 'gz',
  pigz: 'gz',
}

/** What catalyst packs with when nothing says how. */
export const DEFAULT_MODE = 'lbzip2'

/** The mode that makes `compression`. */
export function modeOf(compression: Compression): string {
  const mode = Object.keys(COMPRESSION_OF).find((each) => COMPRESSION_OF[each] === compression)
  if (mode === undefined) throw new Error(`no mode for ${compression}`)
  return mode
}
