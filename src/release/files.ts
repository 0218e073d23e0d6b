// The files of a release, in the order in which they are published.

import path from 'node:path'
import { sideFiles } from '../store/layout.js'

/** A file to publish: its name below the target (with slashes for folders), and where it is. */
export interface PublishedFile {
  readonly name: string
  readonly path: string
}

/** Files in two groups: what vouches for the others goes `last`. */
export interface ReleaseFiles {
  readonly files: readonly PublishedFile[]
  readonly last: readonly PublishedFile[]
}

/** The release `archive`, its CONTENTS and record; last its DIGESTS. */
export function releaseFiles(archive: string): ReleaseFiles {
  const { contents, record, digests } = sideFiles(archive)
  return { files: [archive, contents, record].map(beside), last: [beside(digests)] }
}

/** `file` under its own name. */
export const beside = (file: string): PublishedFile => ({ name: path.basename(file), path: file })
