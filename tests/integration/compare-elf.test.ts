// What only the headers of an ELF file say is no known harmless reason, whatever else differs. On a program of the machine.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { memoryBytes } from '../../src/compare/bytes.js'
import { explainElf } from '../../src/compare/explain/elf.js'
import type { Explanation } from '../../src/compare/explain/explanation.js'
import { readSections } from '../../src/toolchain/elf/sections.js'
import { temporary } from './store-helpers.js'

const PROGRAM = '/usr/bin/tar'
const NOTE = '.note.gnu.build-id'

const sectionsOf = (elf: Buffer): NonNullable<ReturnType<typeof readSections>> =>
  readSections((offset, size) => elf.subarray(offset, offset + size)) ?? []

/** A copy with another build-id, and `change` made to it; `header` finds the section header of a name. */
function changed(elf: Buffer, change: (copy: Buffer, header: (name: string) => Buffer) => void): Buffer {
  const copy = Buffer.from(elf)
  const named = (name: string) => sectionsOf(copy).find((each) => each.name === name)
  const note = named(NOTE)
  assert.ok(note !== undefined, `${PROGRAM} has no build-id`)
  copy.writeUInt8(copy.readUInt8(note.offset + 16) ^ 1, note.offset + 16)
  change(copy, (name) => named(name)?.header ?? assert.fail(name))
  return copy
}

const explain = (a: Buffer, b: Buffer): Explanation => explainElf(memoryBytes(a), memoryBytes(b))

/** Adds one to the word of 64 bits at `at`. */
const raise = (bytes: Buffer, at: number): void =>
  void bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + 1n, at)

/** Programs and tables of 64 bits, little-endian. */
const CHANGES: Record<string, Parameters<typeof changed>[1]> = {
  'the entry point': (elf) => raise(elf, 24),
  'flags of the machine': (elf) => void elf.writeUInt32LE(1, 48),
  'a stack that can be executed': (elf) => {
    const first = Number(elf.readBigUInt64LE(32))
    const headers = Array.from({ length: elf.readUInt16LE(56) }, (_, index) => first + 56 * index)
    const stack = headers.find((at) => elf.readUInt32LE(at) === 0x6474e551) ?? assert.fail('no PT_GNU_STACK')
    elf.writeUInt32LE(elf.readUInt32LE(stack + 4) ^ 1, stack + 4)
  },
  'the size of .bss': (_, header) => raise(header('.bss'), 32),
  'the address of .bss': (_, header) => raise(header('.bss'), 16),
  'the flags of .text': (_, header) => raise(header('.text'), 8),
  'the place of .bss': (_, header) => raise(header('.bss'), 24),
}
const is64 = readFileSync(PROGRAM).readUInt16BE(4) === 0x0201

for (const [what, change] of Object.entries(CHANGES))
  test(`a build-id does not explain ${what}`, { skip: is64 ? false : 'needs a program of 64 bits' }, () => {
    const elf = readFileSync(PROGRAM)
    const found = explain(elf, changed(elf, change))
    assert.deepEqual([found.sections, found.isExplained], [['(headers)', NOTE], false])
  })

test('what follows from a build-id and a link to debug information is explained', async (t) => {
  const work = await temporary(t)
  const link = (name: string): Buffer => {
    const [text, file] = [path.join(work, 'link'), path.join(work, 'program')]
    writeFileSync(text, `${name.padEnd(Math.ceil((name.length + 1) / 4) * 4, '\0')}CRC!`)
    execFileSync('objcopy', ['--remove-section=.gnu_debuglink', PROGRAM, file])
    execFileSync('objcopy', [`--add-section=.gnu_debuglink=${text}`, file])
    return readFileSync(file)
  }
  const elf = readFileSync(PROGRAM)
  const { sections, isExplained } = explain(
    elf,
    changed(elf, () => {}),
  )
  assert.deepEqual([sections, isExplained], [[NOTE], true])
  const [one, other] = [link('a.debug'), link('of-a-longer-name.debug')]
  // What comes behind has moved in the file.
  assert.notEqual(one.readBigUInt64LE(40), other.readBigUInt64LE(40))
  const found = explain(one, other)
  assert.deepEqual(
    [found.sections, found.causes, found.isExplained],
    [['.gnu_debuglink'], ['build-id'], true],
  )
})

test('a difference that is in no section has no explanation', () => {
  const elf = readFileSync(PROGRAM)
  const found = explain(elf, Buffer.concat([elf, Buffer.from('behind all')]))
  assert.deepEqual([found.sections, found.isExplained], [['(elsewhere)'], false])
})
