// A new file whose digests are taken as its bytes are written. Synchronous: the thread that uses it waits for the disk.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { createHashes, type FileDigests, finishHashes } from './digests.js'

/** A file that was written to its end and is on the disk. */
export interface DigestedFile {
  path: string
  bytes: number
  digests: FileDigests
}

/** Creates `path`, which must not exist, and hashes what is written to it under all algorithms. */
export class DigestingFile {
  readonly #path: string
  readonly #fd: number
  readonly #hashes = createHashes()
  #isOpen = true
  #bytes = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'wx', 0o644)
  }

  /** @throws the system's error, ENOSPC for one */
  write(chunk: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(chunk)
    for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd, chunk, at)
    this.#bytes += chunk.length
  }

  /** Flushes the file to the disk and closes it. */
  finish(): DigestedFile {
    try {
      fsyncSync(this.#fd)
    } finally {
      this.abandon()
    }
    return { path: this.#path, bytes: this.#bytes, digests: finishHashes(this.#hashes) as FileDigests }
  }

  /** Closes the file as it is; the caller deletes it if it is unfinished. */
  abandon(): void {
    // A second close could hit a file that has got the number meanwhile.
    if (this.#isOpen) closeSync(this.#fd)
    this.#isOpen = false
  }
}
