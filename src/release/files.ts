// The files of a release, in the order in which they are published.

import { stat } from 'node:fs/promises'
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
export function publishedFiles(archive: string): ReleaseFiles {
  const { contents, record, digests } = sideFiles(archive)
  return { files: [archive, contents, record].map(underOwnName), last: [underOwnName(digests)] }
}

/** The size of all of them, in bytes. @throws the system's error */
export async function sizeOf(files: readonly PublishedFile[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file.path)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** `file` under its own name. */
export const underOwnName = (file: string): PublishedFile => ({ name: path.basename(file), path: file })
