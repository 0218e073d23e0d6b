// Compressed archives with one byte or a piece of them changed: whatever is taken for whole has the bytes of the whole one.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readArchive } from '../../../src/archive/read-archive.js'
import { compressorArgv } from '../../../src/archive/stream/compression.js'
import { SdkError } from '../../../src/errors.js'
import { COMPRESSIONS } from '../../../src/sdk/definition.js'
import { archive, member } from '../tar-maker.js'
import { Choices } from './random.js'

const CONTENT = Array.from({ length: 3000 }, (_, line) => `${line} ${(line * 7919) % 65_521}\n`).join('')
const TAR = archive(member({ path: './a' }, CONTENT), member({ path: './b' }, CONTENT.slice(99)))

function damage(by: Choices, bytes: Buffer): Buffer {
  const at = by.once(3) ? by.below(Math.min(40, bytes.length)) : by.below(bytes.length)
  switch (by.below(5)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + by.below(20))])
    case 2: {
      const piece = bytes.subarray(by.below(bytes.length), bytes.length)
      return Buffer.concat([bytes.subarray(0, at), piece.subarray(0, 1 + by.below(50)), bytes.subarray(at)])
    }
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << by.below(8))
      return bytes
  }
}

async function digestOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await readArchive(file, async (stream) => {
      for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk)
    })
    return hash.digest('hex')
  } catch (error) {
    if (error instanceof SdkError && error.code === 'SDK_ARCHIVE') return undefined
    throw error
  }
}

/**
 * Damages an archive in each compression, `rounds` times in all, each written to `file`.
 *
 * @returns how many were refused
 */
export async function fuzzStreams(
  file: string,
  { start, rounds }: { start: number; rounds: number },
): Promise<number> {
  const whole = createHash('sha256').update(TAR).digest('hex')
  const packed = COMPRESSIONS.map((compression) => {
    const [program, ...args] = compressorArgv(compression)
    return execFileSync(program, args, { input: TAR })
  })
  for (const bytes of packed) {
    writeFileSync(file, bytes)
    assert.equal(await digestOf(file), whole)
  }
  let refused = 0
  for (let round = start; round < start + rounds; round++) {
    const by = new Choices(round)
    writeFileSync(file, damage(by, Buffer.from(by.of(packed))))
    const digest = await digestOf(file)
    if (digest === undefined) refused++
    else assert.equal(digest, whole, `round ${round}: other bytes`)
  }
  return refused
}
