// Puts chosen members of an archive aside, one file each, as the stream passes; their names in the archive play no part.

import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { TarEntry } from '../archive/tar/entry.js'
import { SdkError } from '../errors.js'
import { type Bytes, fileBytes } from './bytes.js'
import { ContentDigest } from './content-digest.js'
import type { FileFacts } from './facts.js'
import type { Visitor } from './subject.js'

/** What was put aside. */
interface Kept {
  /** Open while it is written, and from when it is read on: there may be thousands that wait. */
  fd: number | undefined
  readonly file: string
  readonly facts: FileFacts
  readonly digest: ContentDigest
}

/** The chosen members of one side. */
export class SetAside {
  readonly #folder: string
  readonly #archive: string
  readonly #wanted: ReadonlyMap<number, FileFacts>
  readonly #kept = new Map<number, Kept>()
  readonly #finished: number[] = []
  #member = 0
  #open: Kept | undefined

  /** @param wanted by number of member, from 1 @param archive for messages, and to tell the sides apart */
  constructor(folder: string, archive: string, wanted: ReadonlyMap<number, FileFacts>) {
    this.#folder = folder
    this.#archive = archive
    this.#wanted = wanted
  }

  /** Whom `readSubject` is to tell; call {@link SetAside.close} afterwards. */
  visitor(): Visitor & Required<Pick<Visitor, 'onContent'>> {
    return {
      onEntry: (entry) => this.#entry(entry),
      onContent: (bytes, offset) => this.#content(bytes, offset),
    }
  }

  #entry(entry: TarEntry): void {
    this.close()
    this.#member++
    const facts = this.#wanted.get(this.#member)
    if (facts === undefined) return
    if (entry.type !== 'file' || entry.realSize !== facts.size) throw this.#changed()
    const file = path.join(this.#folder, String(this.#member))
    const fd = openSync(file, 'wx', 0o600)
    this.#open = { fd, file, facts, digest: new ContentDigest() }
    this.#kept.set(this.#member, this.#open)
    ftruncateSync(fd, facts.size)
  }

  #content(bytes: Buffer, offset: number): void {
    if (this.#open?.fd === undefined) return
    this.#open.digest.add(bytes, offset)
    for (let at = 0; at < bytes.length; )
      at += writeSync(this.#open.fd, bytes, at, bytes.length - at, offset + at)
  }

  /** Ends the member that is open. @throws SdkError SDK_ARCHIVE when it is not what the first pass has seen */
  close(): void {
    if (this.#open === undefined) return
    const { digest, facts } = this.#open
    shut(this.#open)
    if (digest.finish(facts.size) !== facts.digest) throw this.#changed()
    this.#open = undefined
    this.#finished.push(this.#member)
  }

  /** The members that are complete since the last call. */
  takeFinished(): number[] {
    return this.#finished.splice(0)
  }

  /** The content of a member. */
  bytes(member: number): Bytes {
    const kept = this.#kept.get(member)
    if (kept === undefined) throw this.#changed()
    kept.fd ??= openSync(kept.file, 'r')
    return fileBytes(kept.fd, kept.facts.size)
  }

  /** Lets a member go. */
  drop(member: number): void {
    const kept = this.#kept.get(member)
    if (kept === undefined) return
    this.#kept.delete(member)
    shut(kept)
    unlinkSync(kept.file)
  }

  /** Lets go of all. */
  dropAll(): void {
    for (const member of this.#kept.keys()) this.drop(member)
  }

  #changed(): SdkError {
    return new SdkError('SDK_ARCHIVE', `${this.#archive}: it has changed while it was compared`, {
      hint: 'compare it again when nobody writes to it',
    })
  }
}

function shut(kept: Kept): void {
  if (kept.fd !== undefined) closeSync(kept.fd)
  kept.fd = undefined
}
