// CHOST tuples and the names of machines.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { archOfNode, machineOfArch, parseTuple, readTuple } from '../../../src/toolchain/tuple.js'

it('reads tuples with and without a vendor', () => {
  const cros = parseTuple('aarch64-cros-linux-gnu')
  assert.deepEqual([cros.machine.arch, cros.machine.elfMachine, cros.machine.qemu], ['arm64', 183, 'aarch64'])
  assert.equal(readTuple('x86_64-linux-gnu')?.machine.arch, 'amd64')
  assert.equal(readTuple('armv7a-cros-linux-gnueabihf')?.machine.arch, 'arm')
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

it('knows machines by keyword', () => {
  assert.equal(machineOfArch('amd64').qemu, 'x86_64')
  assert.throws(() => machineOfArch('x86_64'), /expected one of amd64, arm64/)
  assert.equal(archOfNode('x64'), 'amd64')
})
