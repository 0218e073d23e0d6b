// A file that a compressor writes through its stdout, and a thread that hashes it meanwhile: the main thread, which
// hashes the tar, never sees the compressed bytes.

import { type FileHandle, open } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { compiledProgram } from '../../files/own.js'
import type { DigestedFile } from './digesting-file.js'

/** Value of the flag once nobody writes any more. */
export const WRITER_DONE = 1

/** What the thread is given. */
export interface GrowingTask {
  fd: number
  /** One 32-bit number; see {@link WRITER_DONE}. */
  flag: SharedArrayBuffer
}

/** A new file that grows, and its digests. */
export class GrowingFile {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #state = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  readonly #hashed: Promise<Omit<DigestedFile, 'path'>>

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
    const workerData: GrowingTask = { fd: handle.fd, flag: this.#state.buffer as SharedArrayBuffer }
    this.#worker = new Worker(compiledProgram('archive/stream/digest-worker.ts'), { workerData })
    this.#hashed = new Promise((resolve, reject) => {
      this.#worker.once('message', resolve)
      this.#worker.once('error', reject)
      this.#worker.once('exit', () => reject(new Error(`the thread that hashes ${path} ended too early`)))
    })
    // A failure before anyone waits is reported by finish.
    this.#hashed.catch(() => {})
  }

  /** Creates `path`, which must not exist. */
  static async create(path: string): Promise<GrowingFile> {
    return new GrowingFile(path, await open(path, 'wx+', 0o644))
  }

  /** The descriptor to write to, in order and without seeking. */
  get fd(): number {
    return this.#handle.fd
  }

  /** Call when the writer has ended. Resolves when the whole file is hashed and flushed to the disk. */
  async finish(): Promise<DigestedFile> {
    this.#stop()
    const [hashed] = await Promise.all([this.#hashed, this.#handle.sync()])
    await this.#handle.close()
    return { path: this.#path, ...hashed }
  }

  /** Ends the thread and closes the file, which stays, unfinished, for the caller to delete. */
  async abandon(): Promise<void> {
    this.#stop()
    // The thread must be gone before its descriptor is: the number could be another file's by then.
    await this.#worker.terminate()
    await this.#handle.close()
  }

  #stop(): void {
    Atomics.store(this.#state, 0, WRITER_DONE)
    Atomics.notify(this.#state, 0)
  }
}
