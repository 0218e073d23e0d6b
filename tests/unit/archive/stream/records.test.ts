import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wholeRecords } from '../../../../src/archive/stream/records.js'
import { TarReader } from '../../../../src/archive/tar/stream.js'
import { member } from '../../../helpers/tar-maker.js'

const RECORD = 10_240
const zeros = (size: number): Buffer => Buffer.alloc(size)

/** What follows of `bytes` that come in pieces of `step`. */
async function cut(bytes: Buffer, step: number): Promise<Buffer> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
  }
  const reader = new TarReader({ archive: 'a.tar', onEntry: () => undefined })
  const whole: Buffer[] = []
  for await (const piece of wholeRecords(pieces(), reader)) whole.push(piece)
  reader.finish()
  return Buffer.concat(whole)
}

for (const step of [512, 700, 10_240, 65_536, 1 << 20])
  test(`zeros behind the last record are cut off, in pieces of ${step} bytes`, async () => {
    for (const size of [5, 8000, 8704, 8705, 9216, 9217, 30_000]) {
      const members = member({ path: './a' }, 'x'.repeat(size))
      const end = Math.ceil((members.length + 1024) / RECORD) * RECORD
      const written = Buffer.concat([members, zeros(12 * RECORD)])
      const expected = Buffer.concat([members, zeros(end - members.length)])
      assert.ok((await cut(written, step)).equals(expected), `${size}`)
      // What tar has not filled up is not filled up here either.
      const short = Buffer.concat([members, zeros(1024)])
      assert.ok((await cut(short, step)).equals(short), `${size}, not filled up`)
    }
  })

test('what is cut off is looked at: a second archive behind the first is refused', async () => {
  const one = Buffer.concat([member({ path: './a' }, 'x'), zeros(4 * RECORD)])
  await assert.rejects(cut(Buffer.concat([one, one]), 4096), { code: 'SDK_ARCHIVE' })
})
