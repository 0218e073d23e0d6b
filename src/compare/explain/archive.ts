// Why two ar archives (static libraries) differ: the times and owners of their members, or the members themselves.

import { type Bytes, isSame } from '../bytes.js'
import { because, type DifferenceCause, type Explanation, unexplained } from './explanation.js'

const MAGIC = '!<arch>\n'
const HEADER = 60
/** Most members that are looked at; the largest static libraries have a few thousand. */
const MAX_MEMBERS = 100_000

/** Whether `head` begins an ar archive. */
export const isArchive = (head: Buffer): boolean => head.toString('latin1', 0, MAGIC.length) === MAGIC

interface Member {
  name: string
  /** Times, owner and mode. */
  facts: string
  content: Bytes
}

/** @param explain says why two members differ */
export function explainArchive(
  a: Bytes,
  b: Bytes,
  explain: (a: Bytes, b: Bytes) => Explanation,
): Explanation {
  const [left, right] = [members(a), members(b)]
  if (left === undefined || right === undefined)
    return unexplained({ note: 'an ar archive that cannot be read' })
  const names = (list: Member[]): string => list.map(({ name }) => name).join('\n')
  if (names(left) !== names(right))
    return unexplained({ note: `${left.length} and ${right.length} members, not of the same names` })
  const causes: DifferenceCause[] = []
  const differing: string[] = []
  for (const [index, member] of left.entries()) {
    const other = right[index]
    if (other === undefined) continue
    if (member.facts !== other.facts) causes.push('ar-header')
    if (isSame(member.content, other.content)) continue
    const why = explain(member.content, other.content)
    causes.push(...why.causes)
    if (!why.isExplained) differing.push(member.name)
  }
  if (differing.length > 0) return unexplained({ members: differing.slice(0, 20) }, causes)
  return because(...causes)
}

function members(bytes: Bytes): Member[] | undefined {
  const found: Member[] = []
  let longNames = ''
  for (let at = MAGIC.length; at < bytes.size; ) {
    const header = bytes.read(at, HEADER).toString('latin1')
    const size = Number(header.slice(48, 58).trim())
    if (header.slice(58) !== '`\n' || !Number.isSafeInteger(size) || found.length >= MAX_MEMBERS)
      return undefined
    const raw = header.slice(0, 16).trimEnd()
    const content = bytes.part(at + HEADER, size)
    if (raw === '//') longNames = content.read(0, 1024 * 1024).toString('latin1')
    found.push({ name: memberName(raw, longNames), facts: header.slice(16, 48), content })
    at += HEADER + size + (size % 2)
  }
  return found
}

function memberName(raw: string, longNames: string): string {
  const offset = /^\/(\d+)$/.exec(raw)?.[1]
  if (offset === undefined) return raw === '/' || raw === '//' ? raw : raw.replace(/\/$/, '')
  return longNames.slice(Number(offset)).split(/\/?\n/)[0] ?? raw
}
