// Makes small ELF files with a dynamic section: what the reader and the check look at, and nothing else.

import { ARCHITECTURES } from '../../src/sdk/architecture.js'

const amd64 = ARCHITECTURES.amd64.elf.machine

/** What a made file asks for. */
export interface ElfRecipe {
  bits?: 32 | 64
  littleEndian?: boolean
  machine?: number
  type?: number
  interpreter?: string
  needed?: readonly string[]
  runpath?: string
  rpath?: string
  soname?: string
}

/** The bytes of an ELF file: header, program headers, interpreter, dynamic section, string table. */
export function makeElf(recipe: ElfRecipe = {}): Buffer {
  const { bits = 64, littleEndian = true, machine = amd64, type = 3, interpreter, needed = [] } = recipe
  const write = writer(bits, littleEndian)
  const strings = ['']
  const offsetOf = (text: string): number => {
    strings.push(text)
    return strings.slice(0, -1).reduce((sum, each) => sum + each.length + 1, 0)
  }
  const single: [number, string | undefined][] = [
    [14, recipe.soname],
    [15, recipe.rpath],
    [29, recipe.runpath],
  ]
  const tags = needed.map((name): [number, number] => [1, offsetOf(name)])
  for (const [tag, text] of single) if (text !== undefined) tags.push([tag, offsetOf(text)])
  const table = Buffer.from(`${strings.join('\0')}\0`, 'latin1')
  const interp = Buffer.from(interpreter === undefined ? '' : `${interpreter}\0`)
  const segments = interpreter === undefined ? 2 : 3
  const interpAt = write.headerSize + segments * write.segmentSize
  const dynamicAt = interpAt + interp.length
  const tableAt = dynamicAt + (tags.length + 3) * 2 * write.wordSize
  const base = 0x10000
  tags.push([5, base + tableAt], [10, table.length], [0, 0])
  const dynamic = Buffer.concat(tags.flatMap(([tag, value]) => [write.word(tag), write.word(value)]))
  const total = tableAt + table.length
  const headers = [
    ...(interpreter === undefined ? [] : [write.segment(3, { at: interpAt, base, size: interp.length })]),
    write.segment(1, { at: 0, base, size: total }),
    write.segment(2, { at: dynamicAt, base, size: dynamic.length }),
  ]
  return Buffer.concat([write.header({ machine, type, segments }), ...headers, interp, dynamic, table])
}

function writer(bits: 32 | 64, littleEndian: boolean) {
  const number = (size: 2 | 4 | 8, value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(value))
    const cut = bytes.subarray(0, size)
    return littleEndian ? cut : Buffer.from(cut).reverse()
  }
  const wordSize = bits === 64 ? 8 : 4
  const word = (value: number): Buffer => number(wordSize, value)
  const headerSize = bits === 64 ? 64 : 52
  const segmentSize = bits === 64 ? 56 : 32
  return {
    wordSize,
    headerSize,
    segmentSize,
    word,
    header({ machine, type, segments }: { machine: number; type: number; segments: number }): Buffer {
      const identity = Buffer.alloc(16)
      identity.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, littleEndian ? 1 : 2, 1])
      const shorts = [headerSize, segmentSize, segments, 0, 0, 0].map((value) => number(2, value))
      const words = [0, headerSize, 0].map(word)
      return Buffer.concat([
        identity,
        number(2, type),
        number(2, machine),
        number(4, 1),
        ...words,
        number(4, 0),
        ...shorts,
      ])
    },
    segment(kind: number, { at, base, size }: { at: number; base: number; size: number }): Buffer {
      const [offset, address, length, align] = [word(at), word(base + at), word(size), word(1)]
      return bits === 64
        ? Buffer.concat([number(4, kind), number(4, 4), offset, address, address, length, length, align])
        : Buffer.concat([number(4, kind), offset, address, address, length, length, number(4, 4), align])
    },
  }
}

/** A made file (64 bits, little-endian) with section headers and a .comment that holds `names`. */
export function signElf(elf: Buffer, names: readonly string[]): Buffer {
  const comment = Buffer.from(`\0${names.join('\0')}\0`, 'latin1')
  const strings = Buffer.from('\0.comment\0.shstrtab\0', 'latin1')
  const header = (name: number, offset: number, size: number): Buffer => {
    const bytes = Buffer.alloc(64)
    bytes.writeUInt32LE(name, 0)
    bytes.writeUInt32LE(1, 4)
    bytes.writeBigUInt64LE(BigInt(offset), 24)
    bytes.writeBigUInt64LE(BigInt(size), 32)
    return bytes
  }
  const [commentAt, stringsAt] = [elf.length, elf.length + comment.length]
  const sections = [
    Buffer.alloc(64),
    header(1, commentAt, comment.length),
    header(10, stringsAt, strings.length),
  ]
  const signed = Buffer.concat([elf, comment, strings, ...sections])
  signed.writeBigUInt64LE(BigInt(stringsAt + strings.length), 40)
  for (const [index, value] of [64, sections.length, 2].entries()) signed.writeUInt16LE(value, 58 + 2 * index)
  return signed
}

/** An ar archive of `members`. */
export function makeArchive(members: readonly Buffer[]): Buffer {
  const parts = members.flatMap((member, index) => {
    const fields = [`${index}.o/`.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '644'.padEnd(8)]
    const header = Buffer.from(`${fields.join('')}${String(member.length).padEnd(10)}\`\n`, 'latin1')
    return [header, member, ...(member.length % 2 === 1 ? [Buffer.from('\n')] : [])]
  })
  return Buffer.concat([Buffer.from('!<arch>\n', 'latin1'), ...parts])
}
