// The headers of an ELF file as bytes that can be compared with another's: all that they say, but for what follows from the
// names and sizes of sections.

import type { DecodedElf } from './decode.js'
import { elfLayout, type ReadSome, readSections } from './sections.js'

/** What the headers say. */
export interface ElfHeaders {
  /** The ELF header, without place and number of the section headers, and the number of the one that has their names. */
  readonly file: Buffer
  /** The program headers. */
  readonly segments: Buffer
  /** In their order. */
  readonly sections: readonly SectionHeader[]
}

/** What the header of a section says. */
export interface SectionHeader {
  readonly name: string
  /** Type, flags, address, links, alignment; of one that is loaded also its place in the file, which other sections move. */
  readonly facts: Buffer
  /** Of a section without content (.bss) too. */
  readonly size: Buffer
}

/** Most bytes of a program header: real ones have 32 or 56. */
const MAX_ENTRY = 256
/** SHF_ALLOC: the section is in memory when the program runs. */
const LOADED = 2

/** Reads the headers; undefined when it is not an ELF file, or a broken one. */
export function readHeaders(read: ReadSome): ElfHeaders | undefined {
  const found = elfLayout(read)
  const sections = readSections(read)
  if (found === undefined || sections === undefined) return undefined
  const { layout, header } = found
  const { offset, entry, count } = layout.programHeaders
  // e_shoff; e_shnum and e_shstrndx are the last two.
  const [from, to, end] = layout.class === 64 ? [40, 48, 60] : [32, 36, 48]
  return {
    file: Buffer.concat([header.subarray(0, from), header.subarray(to, end)]),
    segments: Number.isSafeInteger(offset)
      ? read(offset, Math.min(entry, MAX_ENTRY) * count)
      : Buffer.alloc(0),
    sections: sections.map((section) => ({ name: section.name, ...takeApart(section.header, layout) })),
  }
}

/** sh_name, which is first, follows from the section that has the names. */
function takeApart(header: Buffer, layout: DecodedElf): Omit<SectionHeader, 'name'> {
  const [offset, size, links, end] = layout.class === 64 ? [24, 32, 40, 64] : [16, 20, 24, 40]
  const place = header.subarray(offset, (layout.word(header, 8) & LOADED) === 0 ? offset : size)
  return {
    facts: Buffer.concat([header.subarray(4, offset), place, header.subarray(links, end)]),
    size: header.subarray(size, links),
  }
}
