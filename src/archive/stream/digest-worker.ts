// The thread that hashes a file while a compressor writes it (see growing-file.ts). It waits in the kernel or on the
// flag, never in the event loop, and reads into one buffer, so it costs no garbage.

import { readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { createHashes, finishHashes } from './digests.js'
import { type GrowingTask, WRITER_DONE } from './growing-file.js'

/** How long to leave a writer alone that has nothing new. */
const PAUSE_MS = 10
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
const { fd, flag } = workerData as GrowingTask
const state = new Int32Array(flag)
const hashes = createHashes()

let bytes = 0
for (let isLast = false; ; ) {
  const count = readSync(fd, buffer, 0, buffer.length, bytes)
  for (const hash of hashes.values()) hash.update(buffer.subarray(0, count))
  bytes += count
  if (count > 0) continue
  if (isLast) break
  // Nothing new; once the writer is done, one more read finds what it wrote just before.
  isLast = Atomics.load(state, 0) === WRITER_DONE
  if (!isLast) Atomics.wait(state, 0, 0, PAUSE_MS)
}
parentPort?.postMessage({ bytes, digests: finishHashes(hashes) })
