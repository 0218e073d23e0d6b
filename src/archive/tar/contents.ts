// The .CONTENTS.gz beside an archive: what `tar -tv` would list, written while the tar passes by, in any locale the same.

import { once } from 'node:events'
import { createGzip, type Gzip } from 'node:zlib'
import { type DigestedFile, DigestingFile } from '../stream/digesting-file.js'
import type { EntryType, TarEntry } from './entry.js'
import { quoteBytes } from './quote.js'

const SLASH = 0x2f

const TYPE_LETTERS: Readonly<Record<EntryType, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  char: 'c',
  block: 'b',
  fifo: 'p',
}

/** The ten characters of ls(1). */
function modeString(entry: TarEntry): string {
  const { mode } = entry
  const triple = (shift: number, special: string): string => {
    const bits = (mode >> shift) & 7
    const isSpecial = (mode & (0o1000 << (shift / 3))) !== 0
    const plain = (bits & 1) === 0 ? '-' : 'x'
    const marked = (bits & 1) === 0 ? special.toUpperCase() : special
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${isSpecial ? marked : plain}`
  }
  return TYPE_LETTERS[entry.type] + triple(6, 's') + triple(3, 's') + triple(0, 't')
}

function sizeField(entry: TarEntry): string {
  if (entry.type === 'char' || entry.type === 'block') return `${entry.device.major},${entry.device.minor}`
  return String(entry.type === 'file' ? entry.realSize : 0)
}

function linkSuffix(entry: TarEntry): string {
  if (entry.type === 'symlink') return ` -> ${quoteBytes(entry.link)}`
  return entry.type === 'hardlink' ? ` link to ${quoteBytes(belowTop(entry.link))}` : ''
}

/** A hard link's target as tar takes it, and lists it: slashes before it are left out. */
function belowTop(link: Buffer): Buffer {
  const start = link.findIndex((byte) => byte !== SLASH)
  return start < 0 ? Buffer.from('.') : link.subarray(start)
}

/**
 * Makes the renderer of one listing: the lines of `tar --xattrs --xattrs-include='*' -tv` in the C locale and UTC, each
 * with its newline. The column of owner and size grows with the longest so far, as GNU tar's does.
 */
export function createContentsLines(): (entry: TarEntry) => string {
  let width = 19
  return (entry) => {
    const user = entry.uname === '' ? String(entry.uid) : quoteBytes(Buffer.from(entry.uname, 'latin1'))
    const group = entry.gname === '' ? String(entry.gid) : quoteBytes(Buffer.from(entry.gname, 'latin1'))
    const owner = `${user}/${group}`
    const size = sizeField(entry)
    width = Math.max(width, owner.length + 1 + size.length)
    const date = new Date(Math.floor(entry.mtime) * 1000).toISOString().slice(0, 16).replace('T', ' ')
    const mode = `${modeString(entry)}${entry.xattrs.length > 0 ? '*' : ' '}`
    const name = `${quoteBytes(entry.path)}${linkSuffix(entry)}`
    return `${mode} ${owner} ${size.padStart(width - owner.length - 1)} ${date} ${name}\n`
  }
}

/** How much text is gathered before it goes to gzip. */
const BATCH = 64 * 1024

/** Writes a .CONTENTS.gz. Its gzip header has neither name nor time, so equal listings are equal files. */
export class ContentsFile {
  readonly #line = createContentsLines()
  readonly #gzip: Gzip = createGzip()
  readonly #file: DigestingFile
  readonly #written: Promise<void>
  #batch = ''

  /** Creates `path`, which must not exist. */
  constructor(path: string) {
    this.#file = new DigestingFile(path)
    this.#written = this.#write()
    // A full disk is reported by drained() or finish().
    this.#written.catch(() => {})
  }

  async #write(): Promise<void> {
    for await (const chunk of this.#gzip as AsyncIterable<Buffer>) this.#file.write(chunk)
  }

  add(entry: TarEntry): void {
    this.#batch += this.#line(entry)
  }

  /** Passes gathered lines on; the promise, if any, is to be awaited before more are added. */
  drained(): Promise<void> | undefined {
    if (this.#batch.length < BATCH) return undefined
    const batch = this.#batch
    this.#batch = ''
    if (this.#gzip.write(batch)) return undefined
    return Promise.race([once(this.#gzip, 'drain').then(() => {}), this.#written])
  }

  /** Resolves when the file is complete and flushed to the disk. @throws as the disk does */
  async finish(): Promise<DigestedFile> {
    this.#gzip.end(this.#batch)
    await this.#written
    return this.#file.finish()
  }

  /** Closes the file, which stays, unfinished, for the caller to delete. */
  abandon(): void {
    this.#gzip.destroy()
    this.#file.abandon()
  }
}
