// CHOST tuples and their architectures.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseTuple, readTuple } from '../../../src/toolchain/tuple.js'

it('reads tuples with and without a vendor', () => {
  assert.equal(parseTuple('aarch64-cros-linux-gnu').architecture.keyword, 'arm64')
  assert.equal(readTuple('x86_64-linux-gnu')?.architecture.keyword, 'amd64')
  assert.equal(readTuple('armv7a-cros-linux-gnueabihf')?.architecture.keyword, 'arm')
})

it('refuses what is none', () => {
  for (const text of [
    '',
    'x86_64',
    'x86_64-linux',
    'vax-dec-linux-gnu',
    'x86_64-pc-linux-gnu-x',
    '../a-b-c',
    'x86_64-pc-bsd-gnu',
  ])
    assert.throws(() => parseTuple(text), { code: 'SDK_DEFINITION' }, text)
})
