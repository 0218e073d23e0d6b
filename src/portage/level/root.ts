// Levels a finished root: no time in it is later than a given one, neither that of a file nor one that is written down of
// it. Runs where the root is assembled, before it is archived; links are never followed.

import { createHash } from 'node:crypto'
import { closeSync, lstatSync, lutimesSync, openSync, readdirSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { viewRoot } from '../../toolchain/root/view.js'
import { levelPackages } from './packages.js'

/**
 * Levels `root` in place. Links always get the same time: an old one lasts through a build, but Portage makes the links of a binary
 * package anew.
 *
 * @param epoch seconds since 1970
 */
export function levelRoot(root: string, epoch: number): void {
  const digests = new Map<string, string>()
  for (const file of walk(Buffer.from(root)))
    if (file.toString('latin1').endsWith('.pyc')) {
      const digest = levelPyc(file, epoch)
      if (digest !== undefined) digests.set(insideRoot(root, file), digest)
    }
  const database = viewRoot(root).canonical('/var/db/pkg')
  // A link that leads out of the root leads nowhere in it.
  if (database !== undefined) levelPackages(path.join(root, database), epoch, digests)
  // All that is in a folder before the folder itself: what is done there changes its time.
  for (const file of [...walk(Buffer.from(root))].reverse()) {
    const stat = lstatSync(file)
    if (stat.mtimeMs > epoch * 1000 || (stat.isSymbolicLink() && stat.mtimeMs < epoch * 1000))
      lutimesSync(file, epoch, epoch)
  }
}

/** The path inside the root as CONTENTS has it, a byte string. */
const insideRoot = (root: string, file: Buffer): string =>
  file.subarray(Buffer.byteLength(root)).toString('latin1')

/** `folder` and all below it, folders before what is in them, on its own file system. */
function* walk(folder: Buffer, device = lstatSync(folder).dev): Generator<Buffer> {
  yield folder
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const file = Buffer.concat([folder, Buffer.from('/'), entry.name])
    if (!entry.isDirectory()) yield file
    else if (lstatSync(file).dev === device) yield* walk(file, device)
  }
}

/** What a .pyc begins with (PEP 552): magic, flags, the time of its source, the size of that. */
const PYC_HEAD = 16

/**
 * A .pyc names the time of its source, and counts as stale when that is another one (PEP 552): it has to follow it. Whatever its
 * size: a package may call anything so.
 *
 * @returns its new MD5, or undefined when it stays as it is
 */
function levelPyc(file: Buffer, epoch: number): string | undefined {
  if (!lstatSync(file).isFile()) return undefined
  const fd = openSync(file, 'r')
  try {
    const head = Buffer.alloc(PYC_HEAD)
    if (readSync(fd, head, 0, PYC_HEAD, 0) < PYC_HEAD) return undefined
    if (head.readUInt32LE(4) !== 0 || head.readUInt32LE(8) <= epoch) return undefined
  } finally {
    closeSync(fd)
  }
  const time = Buffer.alloc(4)
  time.writeUInt32LE(epoch)
  const writable = openSync(file, 'r+')
  try {
    writeSync(writable, time, 0, time.length, 8)
    return md5Of(writable)
  } finally {
    closeSync(writable)
  }
}

function md5Of(fd: number): string {
  const hash = createHash('md5')
  const piece = Buffer.allocUnsafe(1024 * 1024)
  for (let at = 0; ; ) {
    const read = readSync(fd, piece, 0, piece.length, at)
    if (read === 0) return hash.digest('hex')
    hash.update(piece.subarray(0, read))
    at += read
  }
}
