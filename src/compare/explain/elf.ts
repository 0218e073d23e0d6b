// Why two ELF files differ: what the loader reads, the sections that differ, and whether those hold times or build folders.
// Of what the headers say nothing is explained.

import { type ElfFile, readElfFrom } from '../../toolchain/elf/elf.js'
import { type ElfHeaders, readHeaders } from '../../toolchain/elf/headers.js'
import { readSections } from '../../toolchain/elf/sections.js'
import { type Bytes, isSame } from '../bytes.js'
import { because, type DifferenceCause, type Explanation, unexplained } from './explanation.js'
import { explainWords } from './text.js'

/** Whether `head` begins an ELF file. */
export const isElf = (head: Buffer): boolean => head.length >= 4 && head.readUInt32BE(0) === 0x7f454c46

/** Sections that identify a file and mean nothing to the program. */
const IDENTITY = new Set(['.note.gnu.build-id', '.gnu_debuglink'])
/** Largest section that is looked into, in bytes. */
const LARGEST = 8 * 1024 * 1024
/** Most sections that are named. */
const MOST_NAMED = 30
/** In place of a section: what the headers say, and what is in no section. */
const HEADERS = '(headers)'
const ELSEWHERE = '(elsewhere)'

/** Why `a` and `b`, which differ, do so. */
export function explainElf(a: Bytes, b: Bytes): Explanation {
  const [left, right] = [sectionsOf(a), sectionsOf(b)]
  if (left === undefined || right === undefined)
    return unexplained({ note: 'no section headers that can be read' })
  const names = [...new Set([...left.keys(), ...right.keys()])]
  const differing = names.filter((name) => {
    const [one, other] = [left.get(name), right.get(name)]
    return one === undefined || other === undefined || !isSame(one, other)
  })
  if (!haveSameHeaders(a, b)) differing.unshift(HEADERS)
  if (differing.length === 0) return unexplained({ sections: [ELSEWHERE] })
  const facts = {
    sections: differing.slice(0, MOST_NAMED),
    ...factDifferences({ bytes: a, sections: left }, { bytes: b, sections: right }),
  }
  const causes: DifferenceCause[] = []
  const open: string[] = []
  for (const name of differing) {
    const [one, other] = [left.get(name), right.get(name)]
    const found = IDENTITY.has(name) ? (['build-id'] as const) : one && other && explainSection(one, other)
    if (found === undefined) open.push(name)
    else causes.push(...found)
  }
  return open.length > 0 ? unexplained(facts, causes) : { ...because(...causes), ...facts }
}

/**
 * Whether the headers of both say the same of the program. The size of a section that only identifies the file may differ, or
 * one side may have none; all that this moves in a file are sections that are not loaded, and the section headers.
 */
function haveSameHeaders(a: Bytes, b: Bytes): boolean {
  const [left, right] = [a, b].map((bytes) => readHeaders((offset, size) => bytes.read(offset, size)))
  if (left === undefined || right === undefined) return false
  return (
    left.file.equals(right.file) &&
    left.segments.equals(right.segments) &&
    sectionTable(left, right) === sectionTable(right, left)
  )
}

/** A line for each section of `one` that has to be in `other` too. */
function sectionTable(one: ElfHeaders, other: ElfHeaders): string {
  const there = new Set(other.sections.map(({ name }) => name))
  return one.sections
    .filter(({ name }) => !IDENTITY.has(name) || there.has(name))
    .map(({ name, facts, size }) => [
      name,
      facts.toString('hex'),
      IDENTITY.has(name) ? '' : size.toString('hex'),
    ])
    .join('\n')
}

/** What the loader reads of a file, and its build-id, by name. */
function factsOf(bytes: Bytes, sections: ReadonlyMap<string, Bytes>): Map<string, string> {
  const elf = readElfFrom((offset, size) => bytes.read(offset, size))
  // The note's header and owner take 16 bytes.
  const id = sections.get('.note.gnu.build-id')?.read(16, 64).toString('hex') ?? ''
  if (elf === undefined || 'problem' in elf) return new Map([['build-id', id]])
  return new Map([...LOADED.map(([name, value]) => [name, value(elf)] as const), ['build-id', id]])
}

const LOADED: readonly [string, (elf: ElfFile) => string][] = [
  ['machine', (elf) => `${elf.machine}, ${elf.class} bits`],
  ['interpreter', (elf) => elf.interpreter ?? ''],
  ['needed', (elf) => elf.needed.join(' ')],
  ['soname', (elf) => elf.soname ?? ''],
  ['rpath', (elf) => elf.rpath ?? ''],
  ['runpath', (elf) => elf.runpath ?? ''],
]

interface Elf {
  readonly bytes: Bytes
  readonly sections: ReadonlyMap<string, Bytes>
}

function factDifferences(a: Elf, b: Elf): Pick<Explanation, 'elf'> {
  const [left, right] = [factsOf(a.bytes, a.sections), factsOf(b.bytes, b.sections)]
  const differing = [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => left.get(name) !== right.get(name),
  )
  const elf = Object.fromEntries(
    differing.map((name) => [name, [left.get(name) ?? '', right.get(name) ?? ''] as const]),
  )
  return differing.length === 0 ? {} : { elf }
}

/** Sections by name; of several with one name, each gets its number. */
function sectionsOf(bytes: Bytes): Map<string, Bytes> | undefined {
  const sections = readSections((offset, size) => bytes.read(offset, size))
  if (sections === undefined) return undefined
  const found = new Map<string, Bytes>()
  const seen = new Map<string, number>()
  for (const { name, offset, size } of sections) {
    const number = (seen.get(name) ?? 0) + 1
    seen.set(name, number)
    found.set(number === 1 ? name : `${name}#${number}`, bytes.part(offset, size))
  }
  return found
}

/** Times and folders in a section of equal size: what differs is readable, and equal but for those. */
function explainSection(a: Bytes, b: Bytes): DifferenceCause[] | undefined {
  if (a.size !== b.size || a.size > LARGEST) return undefined
  const [left, right] = [a.read(0, a.size), b.read(0, b.size)]
  const causes: DifferenceCause[] = []
  for (let at = 0; at < left.length; at++) {
    if (left[at] === right[at]) continue
    const [one, other] = [wordsAround(left, at), wordsAround(right, at)]
    const found = one === undefined || other === undefined ? undefined : explainWords(one.text, other.text)
    if (found === undefined || one === undefined || other === undefined) return undefined
    causes.push(...found)
    at = Math.max(one.end, other.end)
  }
  return causes
}

const isPrintable = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x20 && byte < 0x7f

/** The printable bytes around `at`, and where they end. */
function wordsAround(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  if (!isPrintable(bytes[at])) return undefined
  let start = at
  let end = at
  while (start > 0 && isPrintable(bytes[start - 1])) start--
  while (isPrintable(bytes[end])) end++
  return { text: bytes.toString('latin1', start, end), end }
}
