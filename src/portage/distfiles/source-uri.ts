// Addresses of SRC_URI, and what RESTRICT forbids about them (PMS 7.3.2, 8.2.10).

import type { Distfile } from './distfile.js'

/** An address of SRC_URI; `mirror` and `path` of a `mirror://` one. */
export interface ParsedUri {
  uri: string
  mirror?: string
  path: string
  /** EAPI 8: `fetch+` and `mirror+` before a URI take the package's restriction off it. */
  freed?: string | undefined
}

/** Takes an address apart. Pure. */
export function parseUri(text: string): ParsedUri {
  const [, freed, uri = text] = /^(fetch|mirror)\+(.*)$/.exec(text) ?? []
  const [, mirror, path] = /^mirror:\/\/([^/]+)\/(.+)$/.exec(uri) ?? []
  const known = mirror === undefined || path === undefined ? { path: '' } : { mirror, path }
  return { uri, ...known, freed }
}

/** What RESTRICT forbids: `fetch` leaves only the user's own mirrors, `mirror` no mirrors of everything. */
export function restrictions(
  { restrict = [] }: Distfile,
  uris: readonly ParsedUri[],
): { fetch: boolean; mirror: boolean; primaryFirst: boolean } {
  const fetch = restrict.includes('fetch')
  const freed = uris.some((uri) => uri.freed === 'mirror')
  return {
    fetch,
    mirror: (fetch || restrict.includes('mirror')) && !freed,
    primaryFirst: restrict.includes('primaryuri'),
  }
}
