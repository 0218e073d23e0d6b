// The records of a PAX extended header (POSIX pax, GNU.sparse.*, SCHILY.*).

import type { Fail } from '../fault.js'
import type { Region } from './header.js'
import { quoteBytes } from './quote.js'

/** What a PAX header says about the member after it. */
export interface PaxAttributes {
  path?: Buffer
  link?: Buffer
  size?: number
  mtime?: number
  /** `mtime` with all the digits that it was written with: a number has too few for nanoseconds. */
  time?: string
  uid?: number
  gid?: number
  uname?: string
  gname?: string
  /** Names of the extended attributes, in the order of the header. */
  xattrs: string[]
  hasAcl: boolean
  /** Values of extended attributes by name, and of `acl.access` and `acl.default` as text; absent when there are none. */
  attributes?: Map<string, Buffer>
  sparse?: PaxSparse
}

/** A sparse member. GNU's formats 0.0 and 0.1 have the map here, 1.0 at the start of the content. */
export interface PaxSparse {
  format: '0.x' | '1.0'
  /** Its name, where the header has a made-up one. */
  path?: Buffer | undefined
  realSize: number
  regions: Region[]
}

/** Parses the whole `body` of one extended header. @throws by `fail` on anything malformed: it decides sizes and names */
export function parsePax(body: Buffer, fail: Fail): PaxAttributes {
  const attributes: PaxAttributes = { xattrs: [], hasAcl: false }
  const sparse: SparseRecords = { numbers: [] }
  for (const [key, value] of records(body, fail)) {
    if (key.startsWith('GNU.') && key !== 'GNU.dumpdir') applySparse(sparse, { key, value }, fail)
    else apply(attributes, { key, value }, fail)
  }
  const whole = wholeSparse(sparse, fail)
  return whole === undefined ? attributes : { ...attributes, sparse: whole }
}

/** What of a header changes members, for us or for GNU tar. */
const CHANGES_MEMBERS =
  /^((link)?path|size|[ugi]id|[ug]name|[amc]time|hdrcharset|GNU\.(?!volume\.label$).*|SCHILY\.(xattr|acl|realsize|filetype|dev).*|RHT\..*)$/

/** Refuses a global header that changes all members after it: what it changes nobody needs to guess. Comments pass. */
export function checkGlobalPax(body: Buffer, fail: Fail): void {
  for (const [key] of records(body, fail)) {
    if (CHANGES_MEMBERS.test(key))
      fail('unsupported', `a global PAX header sets ${quoteBytes(Buffer.from(key))}`)
  }
}

/** Records are `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record. */
function* records(body: Buffer, fail: Fail): Generator<[key: string, value: Buffer]> {
  let at = 0
  while (at < body.length) {
    const blank = body.indexOf(0x20, at)
    const digits = blank < 0 ? '' : body.toString('latin1', at, Math.min(blank, at + 9))
    const end = at + (/^[1-9]\d*$/.test(digits) ? Number(digits) : 0)
    const equals = body.indexOf(0x3d, blank)
    if (end <= blank || end > body.length || body[end - 1] !== 0x0a || equals < 0 || equals >= end)
      return fail('corrupt', 'a PAX header holds a malformed record')
    yield [body.toString('latin1', blank + 1, equals), body.subarray(equals + 1, end - 1)]
    at = end
  }
}

interface Record {
  key: string
  value: Buffer
}

function apply(to: PaxAttributes, record: Record, fail: Fail): void {
  const { key } = record
  if (key.startsWith('SCHILY.xattr.')) {
    const name = key.slice('SCHILY.xattr.'.length)
    // No attribute has such a name, and it would be taken for an ACL.
    if (name.startsWith('acl.')) fail('unsupported', `a PAX header sets ${quoteBytes(Buffer.from(key))}`)
    to.xattrs.push(name)
    keep(to, name, record.value)
  } else if (key === 'SCHILY.acl.access' || key === 'SCHILY.acl.default') {
    to.hasAcl = true
    keep(to, key.slice('SCHILY.'.length), record.value)
  } else applyPosix(to, record, fail)
}

function keep(to: PaxAttributes, name: string, value: Buffer): void {
  to.attributes ??= new Map()
  to.attributes.set(name, value)
}

function applyPosix(to: PaxAttributes, record: Record, fail: Fail): void {
  switch (record.key) {
    case 'path':
      to.path = name(record, fail)
      break
    case 'linkpath':
      to.link = name(record, fail)
      break
    case 'size':
    case 'uid':
    case 'gid':
      to[record.key] = count(record, fail)
      break
    case 'mtime':
      to.mtime = seconds(record, fail)
      to.time = record.value.toString('latin1')
      break
    case 'uname':
    case 'gname':
      to[record.key] = record.value.toString('latin1')
      break
    // Anything else (atime, comment, LIBARCHIVE.*, …) changes neither name, type nor size; GNU tar ignores it too.
  }
}

/** The `GNU.sparse.*` records as they come. `numbers` alternates offset and length. */
interface SparseRecords {
  path?: Buffer
  realSize?: number
  major?: number
  minor?: number
  numblocks?: number
  numbers: number[]
}

function applySparse(to: SparseRecords, record: Record, fail: Fail): void {
  switch (record.key) {
    case 'GNU.sparse.name':
      to.path = name(record, fail)
      break
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      to.realSize = count(record, fail)
      break
    case 'GNU.sparse.major':
    case 'GNU.sparse.minor':
    case 'GNU.sparse.numblocks':
      to[record.key.slice('GNU.sparse.'.length) as 'major' | 'minor' | 'numblocks'] = count(record, fail)
      break
    case 'GNU.sparse.offset':
    case 'GNU.sparse.numbytes': {
      const isOffset = record.key === 'GNU.sparse.offset'
      if (isOffset !== (to.numbers.length % 2 === 0))
        fail('corrupt', 'corrupt: a PAX sparse map is out of order')
      to.numbers.push(count(record, fail))
      break
    }
    case 'GNU.sparse.map':
      if (to.numbers.length > 0) fail('corrupt', 'corrupt: a PAX header has two sparse maps')
      for (const item of record.value.toString('latin1').split(','))
        to.numbers.push(count({ key: record.key, value: Buffer.from(item, 'latin1') }, fail))
      break
    default:
      fail('unsupported', `a PAX header sets ${quoteBytes(Buffer.from(record.key))}`)
  }
}

/** Half a description is worse than none: GNU tar takes the size from one record and the format from another. */
function wholeSparse(from: SparseRecords, fail: Fail): PaxSparse | undefined {
  const { path, realSize, major, minor, numblocks, numbers } = from
  if (numbers.length === 0 && (path ?? realSize ?? major ?? minor ?? numblocks) === undefined)
    return undefined
  const isInContent = major === 1 && minor === 0 && numbers.length === 0 && numblocks === undefined
  const isInHeader = (major ?? 0) === 0 && numbers.length > 0 && numblocks === numbers.length / 2
  if (realSize === undefined || !(isInContent || isInHeader))
    return fail('corrupt', 'corrupt: a PAX header describes a sparse member incompletely')
  const regions: Region[] = []
  for (let at = 0; at < numbers.length; at += 2)
    regions.push({ offset: numbers[at] ?? 0, length: numbers[at + 1] ?? 0 })
  return { format: isInContent ? '1.0' : '0.x', realSize, regions, path }
}

function name({ key, value }: Record, fail: Fail): Buffer {
  // C programs stop at a NUL, so they would see another name than we do.
  if (value.length === 0 || value.includes(0)) return fail('corrupt', `a PAX header holds an invalid ${key}`)
  return Buffer.from(value)
}

function count({ key, value }: Record, fail: Fail): number {
  const text = value.toString('latin1')
  const number = Number(text)
  if (!/^\d{1,20}$/.test(text) || !Number.isSafeInteger(number))
    return fail('corrupt', `a PAX header says ${key}="${quoteBytes(value.subarray(0, 40))}"`)
  return number
}

function seconds({ key, value }: Record, fail: Fail): number {
  const text = value.toString('latin1')
  if (!/^-?\d{1,20}(\.\d{0,20})?$/.test(text))
    return fail('corrupt', `a PAX header says ${key}="${quoteBytes(value.subarray(0, 40))}"`)
  return Number(text)
}
