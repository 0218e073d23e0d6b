// Who made an ELF file or an archive of such: the .comment section, where compilers leave their names. Every read is
// bounded, since the bytes are untrusted.

import type { ReadAt } from './elf.js'
import { readSections } from './sections.js'

/** Most bytes of one .comment section that are read, and most characters of one name. */
const MAX_SECTION = 64 * 1024
const MAX_NAME = 200

/** An ar archive begins with this; its members follow, each behind a header, at even offsets. */
const AR_MAGIC = '!<arch>\n'
const AR_HEADER_BYTES = 60
/** Most members: libLLVM's archives have some thousand, libc.a 1,800. */
const MAX_MEMBERS = 65_536

/**
 * The names of the compilers, and of what else signs its work, of an ELF file or of all ELF members of an ar archive:
 * `GCC: (GNU) 14.2.0`. A linker merges those of all objects, so a program names every compiler that took part in it.
 *
 * @returns sorted, without repetition; empty when nobody signed; undefined when it is neither ELF nor an archive
 */
export function readCompilers(read: ReadAt): string[] | undefined {
  const magic = read(0, AR_MAGIC.length).toString('latin1')
  if (magic.startsWith('\x7fELF')) return [...new Set(commentOf(read))].sort()
  if (magic !== AR_MAGIC) return undefined
  const names = new Set<string>()
  for (const member of members(read)) for (const name of commentOf(member)) names.add(name)
  return [...names].sort()
}

function commentOf(read: ReadAt): string[] {
  const section = readSections(read)?.find(({ name }) => name === '.comment')
  if (section === undefined || !Number.isSafeInteger(section.offset + section.size)) return []
  const text = read(section.offset, Math.min(section.size, MAX_SECTION)).toString('latin1')
  return text
    .split('\0')
    .map((name) => name.slice(0, MAX_NAME).trim())
    .filter((name) => name !== '')
}

function* members(read: ReadAt): Generator<ReadAt> {
  let at = AR_MAGIC.length
  for (let count = 0; count < MAX_MEMBERS; count++) {
    const header = read(at, AR_HEADER_BYTES)
    if (header.length < AR_HEADER_BYTES) return
    const size = Number(header.toString('latin1', 48, 58).trim() || Number.NaN)
    if (!Number.isSafeInteger(size) || size < 0) return
    const start = at + AR_HEADER_BYTES
    yield (offset, wanted) => read(start + offset, Math.max(0, Math.min(wanted, size - offset)))
    at = start + size + (size % 2)
  }
}
