// One source file, as the rest of this folder and the stages speak of it.

import type { ExpectedFile, ManifestDigests } from './digest.js'

/** One source file, as Portage lists it and its Manifest describes it. */
export interface Distfile extends ExpectedFile {
  name: string
  /** Whose it is, for people: `category/name-version::repo`. */
  package?: string
  /** Where its ebuild says it is: `mirror://NAME/path`, http, https or file URLs; tried in this order. */
  uris: readonly string[]
  /** Words of its ebuild's RESTRICT that say where it may come from: `fetch`, `mirror`, `primaryuri`. */
  restrict?: readonly string[]
  /** GENTOO_MIRRORS of the profile: asked after those of the caller. */
  mirrors?: readonly string[]
}

/** One digest of an entry as records have it, `HASH:hex`: its SHA512, or else the first of what it has. */
export function digestText(digests: ManifestDigests): string {
  const [[name, digest] = ['none', '']] = Object.entries(digests).sort(
    ([a], [b]) => Number(b === 'SHA512') - Number(a === 'SHA512'),
  )
  return `${name}:${digest}`
}
