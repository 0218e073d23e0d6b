// A tar stream of its own, made of what was read and audited: what unpacks it sees these members and no others, however it
// would have read the bytes that came. Contents pass through.

import type { TarEntry } from './entry.js'
import { BLOCK, type Region } from './header.js'
import { TarReader } from './stream.js'
import { memberHeaders, padding } from './write-member.js'

/** What {@link Rebuild} reads, and who looks at each member first. */
export interface RebuildOptions {
  /** Path or name of the archive, for messages. */
  archive: string
  /** Called for each member before anything of it is passed on; what it throws ends the reading. */
  audit: (entry: TarEntry) => void
}

/** Takes an archive and gives another one with the same members. @throws as {@link TarReader} and the audit */
export class Rebuild {
  readonly reader: TarReader
  #out: Buffer[] = []
  #entry: TarEntry | undefined
  /** Regions whose content is still to come, the next one last; what of it is left. */
  #regions: Region[] = []
  #left = 0

  constructor({ archive, audit }: RebuildOptions) {
    this.reader = new TarReader({
      archive,
      onEntry: (entry) => {
        audit(entry)
        this.#entry = entry
      },
      onMap: (regions) => this.#start(regions),
      onContent: (bytes) => this.#content(bytes),
    })
  }

  /** Takes the next bytes, and gives what follows of them. */
  push(chunk: Buffer): Buffer {
    this.reader.push(chunk)
    const out = this.#out
    this.#out = []
    return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out)
  }

  /** Checks that the archive is complete, and gives the end of the other one. */
  finish(): Buffer {
    this.reader.finish()
    return Buffer.alloc(2 * BLOCK)
  }

  #start(regions: readonly Region[] | undefined): void {
    const entry = this.#entry
    if (entry === undefined) return
    this.#out.push(
      memberHeaders(entry, regions === undefined ? undefined : toTheEnd(regions, entry.realSize)),
    )
    const plain = entry.type === 'file' ? [{ offset: 0, length: entry.size }] : []
    this.#regions = [...(regions ?? plain)].filter(({ length }) => length > 0).reverse()
    this.#left = this.#regions.at(-1)?.length ?? 0
  }

  #content(bytes: Buffer): void {
    const region = this.#regions.at(-1)
    // What a folder has of content is dropped.
    if (region === undefined) return
    this.#out.push(bytes)
    this.#left -= bytes.length
    if (this.#left > 0) return
    this.#out.push(padding(region.length))
    this.#regions.pop()
    this.#left = this.#regions.at(-1)?.length ?? 0
  }
}

/** GNU tar ends a file where its last region ends, so a hole at the end needs an empty one behind it. */
function toTheEnd(regions: readonly Region[], size: number): readonly Region[] {
  const last = regions.at(-1)
  if (last !== undefined && last.offset + last.length === size) return regions
  return [...regions, { offset: size, length: 0 }]
}
