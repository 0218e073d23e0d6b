// ELF files made byte by byte: both widths, both byte orders, and every way of being broken that must not hurt.

import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readElf } from '../../../../src/toolchain/elf/elf.js'
import { type ElfRecipe, makeElf } from '../../../helpers/elf-files.js'

const directory = mkdtempSync(join(tmpdir(), 'elf-reader-'))
after(() => rmSync(directory, { recursive: true }))

function read(bytes: Buffer): ReturnType<typeof readElf> {
  const path = join(directory, 'file')
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  try {
    return readElf(fd)
  } finally {
    closeSync(fd)
  }
}

const FULL: ElfRecipe = {
  interpreter: '/lib64/ld.so',
  needed: ['libc.so.6', 'libm.so.6'],
  runpath: '$ORIGIN/../lib',
  rpath: '/old',
  soname: 'libx.so.1',
}

describe('readElf', () => {
  for (const bits of [32, 64] as const)
    for (const littleEndian of [true, false])
      it(`reads ${bits} bit, ${littleEndian ? 'little' : 'big'} endian`, () => {
        assert.deepEqual(read(makeElf({ ...FULL, bits, littleEndian, machine: 183 })), {
          class: bits,
          littleEndian,
          machine: 183,
          type: 3,
          interpreter: '/lib64/ld.so',
          needed: ['libc.so.6', 'libm.so.6'],
          rpath: '/old',
          runpath: '$ORIGIN/../lib',
          soname: 'libx.so.1',
        })
      })

  it('takes other files for what they are', () => {
    for (const text of ['', 'E', '\x7fEL', '#!/bin/sh\n', 'x'.repeat(5000)])
      assert.equal(read(Buffer.from(text, 'latin1')), undefined)
  })

  it('describes a file cut off anywhere, and never throws', () => {
    const whole = makeElf(FULL)
    for (let length = 4; length < whole.length; length++) {
      const reading = read(whole.subarray(0, length))
      assert.ok(reading !== undefined)
    }
    assert.deepEqual(read(whole.subarray(0, 20)), { problem: 'the ELF header ends after 20 bytes' })
  })

  it('survives every byte being wrong', () => {
    const whole = makeElf(FULL)
    for (let at = 4; at < whole.length; at++)
      for (const value of [0, 0xff]) {
        const broken = Buffer.from(whole)
        broken[at] = value
        assert.ok(read(broken) !== undefined)
      }
  })

  it('refuses tables of absurd size without reading them', () => {
    const header = makeElf(FULL)
    header.writeUInt16LE(0xffff, 56)
    assert.deepEqual(read(header), { problem: '65535 program headers' })
    const far = makeElf(FULL)
    far.writeBigUInt64LE(0xffffffffffffffffn, 32)
    assert.deepEqual(read(far), { problem: 'the program headers lie beyond any file' })
  })
})
