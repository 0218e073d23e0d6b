// Archives whose headers were changed at random: GNU tar never sees other members than we do.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createAudit } from '../../src/archive/tar/audit.js'
import { createContentsLines } from '../../src/archive/tar/contents.js'
import { TarReader } from '../../src/archive/tar/stream.js'
import { SdkError } from '../../src/errors.js'
import { archive, GNU, header, longName, member, pax } from '../helpers/tar-maker.js'
import { listing } from './archive-helpers.js'

/** Our reading of `file`, as tar would list it; undefined when reader or audit refuse it. */
export function ours(file: string): string | undefined {
  const line = createContentsLines()
  const audit = createAudit({ archive: file })
  let text = ''
  const reader = new TarReader({
    archive: file,
    onEntry(entry) {
      audit(entry)
      text += line(entry)
    },
  })
  try {
    reader.push(readFileSync(file))
    reader.finish()
    return text
  } catch (error) {
    assert.ok(error instanceof SdkError, String(error))
    return undefined
  }
}

/** Compares so many changed archives, each written to `file` in turn; another `start` has other changes. */
export function compareChanged(file: string, rounds: number, start: number): void {
  const map = [
    ['GNU.sparse.size', '9000'],
    ['GNU.sparse.numblocks', '2'],
    ['GNU.sparse.name', './s'],
    ['GNU.sparse.map', '0,512,8192,3'],
  ] as const
  const hidden = archive(member({ path: './hidden' }, 'hidden'))
  const base = archive(
    pax([
      ['path', './p'],
      ['mtime', '1500000000.5'],
      ['size', '600'],
    ]),
    member({}, hidden.subarray(0, 600)),
    longName('./q'),
    member({ magic: GNU }, hidden.subarray(0, 1024)),
    pax(map),
    member({ path: 'GNUSparseFile.1/s' }, hidden.subarray(0, 515)),
    member({ path: './h', typeflag: '1', link: './q' }),
    member({ path: './d/', typeflag: '5' }),
    member({ path: './d/l', typeflag: '2', link: 'x' }),
  )
  let seed = start
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const interesting = [0x00, 0x20, 0x2f, 0x30, 0x31, 0x35, 0x37, 0x53, 0x78, 0x4c, 0x80, 0xff, 0x0a, 0x3d]
  const blocks = base.length / 512
  let compared = 0
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(base)
    const block = 512 * random(Math.min(blocks, 26))
    const at = block + random(random(2) === 0 ? 160 : 512)
    // Names of owners: we quote them as we do names of files, tar does not.
    if (at - block >= 265 && at - block < 329) continue
    bytes[at] = interesting[random(interesting.length)] ?? 0
    if (bytes[block + 148 + 6] === 0)
      header({ patch: { 0: bytes.subarray(block, block + 512) } }).copy(bytes, block)
    writeFileSync(file, bytes)
    const mine = ours(file)
    if (mine === undefined) continue
    let theirs: string
    try {
      // C: a contiguous file, which it unpacks as any other, or as a folder if its name ends so; we call it what it becomes.
      theirs = listing(file)
        .replace(/^C(?=.*\/$)/gm, 'd')
        .replace(/^C/gm, '-')
    } catch {
      // tar refuses it, so unpacking fails as well.
      continue
    }
    assert.equal(mine, theirs, `round ${round}, byte ${at}`)
    compared++
  }
  assert.ok(compared > rounds / 8, `${compared} archives compared`)
}
