#!/usr/bin/env node
// One side of a comparison: what this project does, by the parts of the engine that do it in a build.
// Usage: bench/ours.mjs NAME ARGUMENT…

import { createReadStream } from 'node:fs'
import path from 'node:path'

const DIST = path.resolve(import.meta.dirname, '../dist/src')
const engine = async (file) => await import(path.join(DIST, file))

const [name, ...words] = process.argv.slice(2)

/** Each with its arguments; what it leaves is in a folder that is emptied between two runs. */
const SIDES = {
  /** One pass: tar, audit, digests of the tar and of the file, CONTENTS, compressor. */
  async capture(tree, format, target) {
    const { finalizeArchive, packStream } = await engine('archive/pack.js')
    const { tarCommand } = await engine('archive/tar/command.js')
    const { ended, start } = await engine('process/run.js')
    const tar = start({ argv: tarCommand(tree, { mtime: 1_600_000_000 }) })
    const tarDone = ended(tar).then(() => {})
    await finalizeArchive(await packStream({ tar: tar.stdout, tarDone, target, format }))
  },
  async unpack(file, target) {
    const { unpackArchive } = await engine('archive/unpack.js')
    await unpackArchive({ file, target })
  },
  /** Reads a tar as the audit of a seed does. */
  async audit(file) {
    const { createAudit } = await engine('archive/tar/audit.js')
    const { TarReader } = await engine('archive/tar/stream.js')
    const reader = new TarReader({ archive: file, onEntry: createAudit({ archive: file }) })
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) reader.push(chunk)
    reader.finish()
  },
  async contents(file, target) {
    const { ContentsFile } = await engine('archive/tar/contents.js')
    const { TarReader } = await engine('archive/tar/stream.js')
    const contents = new ContentsFile(target)
    const reader = new TarReader({ archive: file, onEntry: (entry) => contents.add(entry) })
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
      reader.push(chunk)
      await contents.drained()
    }
    reader.finish()
    await contents.finish()
  },
  /** All five digests of an archive, in one reading. */
  async digests(file) {
    const { createHashes, finishHashes } = await engine('archive/stream/digests.js')
    const hashes = createHashes()
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
      for (const hash of hashes.values()) hash.update(chunk)
    finishHashes(hashes)
  },
  /** A finished stage's tree for the next one: its layer is adopted by rename, proved by a walk. */
  async clone(tree) {
    const { statDigest } = await engine('store/digest/stat-digest.js')
    await statDigest(tree)
  },
}

const side = SIDES[name]
if (side === undefined) {
  console.error(`bench/ours.mjs: no side is called ${name}`)
  process.exit(2)
}
await side(...words)
