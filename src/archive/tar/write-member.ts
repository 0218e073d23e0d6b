// The headers of one member as every tar program reads them alike: a PAX header with what does not fit, and one of ustar.

import type { EntryType, TarEntry } from './entry.js'
import { BLOCK, type Region } from './header.js'

const TYPEFLAGS: Readonly<Record<EntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

/** What fits into fields of 8 and of 12 bytes, in octal with a NUL. */
const SHORT = 0o7777777
const LONG = 0o77777777777
/** What fits into the fields of names, each of which ends in a NUL here. */
const NAME = 99

/**
 * The headers of `entry`: type, names, target, owner, mode, time, size, device, extended attributes and ACLs; names of owners
 * are left out.
 *
 * @param regions the map of a sparse member, which has one that ends where the file ends
 */
export function memberHeaders(entry: TarEntry, regions: readonly Region[] | undefined): Buffer {
  const path = plainPath(entry.path.toString('latin1'))
  const target = entry.link.toString('latin1')
  const fields: Fields = {
    ...{ path, link: entry.type === 'hardlink' ? plainPath(target) : target },
    ...{ mode: entry.mode, uid: entry.uid, gid: entry.gid, mtime: entry.mtime },
    ...{ device: entry.device, typeflag: TYPEFLAGS[entry.type], size: sizeOf(entry, regions) },
  }
  const records = paxRecords(entry, fields) + attributeRecords(entry) + mapRecords(entry, regions)
  const main = records === '' ? 0 : BLOCK + records.length + paddingOf(records.length)
  const bytes = Buffer.alloc(main + BLOCK)
  if (main > 0) {
    writeHeader(bytes, { ...PAX_HEADER, size: records.length })
    bytes.write(records, BLOCK, 'latin1')
  }
  writeHeader(bytes.subarray(main), fields)
  return bytes
}

/** Zeros that fill `size` bytes up to whole blocks. */
export const padding = (size: number): Buffer => ZEROS.subarray(0, paddingOf(size))

const ZEROS = Buffer.alloc(BLOCK)
const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

/** Of a header block; names are byte strings (latin1). */
interface Fields extends Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtime' | 'device'> {
  path: string
  link: string
  typeflag: string
  size: number
}

const PAX_HEADER: Omit<Fields, 'size'> = {
  ...{ path: 'PaxHeader', link: '', mode: 0o644, uid: 0, gid: 0, mtime: 0, typeflag: 'x' },
  device: { major: 0, minor: 0 },
}

/**
 * `path` in its shortest form. GNU tar compares names as they are written, to find the folders whose times it has to set again
 * after it has made the symlinks in them.
 */
function plainPath(path: string): string {
  if (!IS_LONGER.test(path)) return path
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return parts.length === 0 ? '.' : parts.join('/')
}

const IS_LONGER = /^\.?\/|\/\.?\/|\/\.?$/

/** Content as stored, where each region begins on a block of its own. The list of an incremental folder is no content. */
function sizeOf(entry: TarEntry, regions: readonly Region[] | undefined): number {
  if (entry.type !== 'file') return 0
  if (regions === undefined) return entry.size
  return regions.reduce((sum, { length }) => (length === 0 ? sum : sum + paddingOf(sum) + length), 0)
}

function paxRecords({ time }: TarEntry, fields: Fields): string {
  const { path, link, uid, gid, mtime, size } = fields
  let text = ''
  if (path.length > NAME) text += paxRecord('path', path)
  if (link.length > NAME) text += paxRecord('linkpath', link)
  if (size > LONG) text += paxRecord('size', size)
  if (uid > SHORT) text += paxRecord('uid', uid)
  if (gid > SHORT) text += paxRecord('gid', gid)
  if (time !== undefined || mtime < 0 || mtime > LONG) text += paxRecord('mtime', time ?? mtime)
  return text
}

function attributeRecords({ attributes }: TarEntry): string {
  let text = ''
  for (const [name, value] of attributes ?? [])
    text += paxRecord(
      name.startsWith('acl.') ? `SCHILY.${name}` : `SCHILY.xattr.${name}`,
      value.toString('latin1'),
    )
  return text
}

/** GNU's version 0.0, which holds all of the map in the header. */
function mapRecords({ realSize }: TarEntry, regions: readonly Region[] | undefined): string {
  if (regions === undefined) return ''
  let text = paxRecord('GNU.sparse.size', realSize) + paxRecord('GNU.sparse.numblocks', regions.length)
  for (const { offset, length } of regions)
    text += paxRecord('GNU.sparse.offset', offset) + paxRecord('GNU.sparse.numbytes', length)
  return text
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record. */
function paxRecord(key: string, value: string | number): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}

function writeHeader(block: Buffer, fields: Fields): void {
  const octal = (at: number, value: number, digits: number): number =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  const short = (at: number, value: number): number => octal(at, value > SHORT ? 0 : value, 7)
  const long = (at: number, value: number): number =>
    octal(at, value < 0 || value > LONG ? 0 : Math.floor(value), 11)
  block.write(fields.path.slice(0, NAME), 0, 'latin1')
  short(100, fields.mode)
  short(108, fields.uid)
  short(116, fields.gid)
  long(124, fields.size)
  long(136, fields.mtime)
  block.write(fields.typeflag, 156, 'latin1')
  block.write(fields.link.slice(0, NAME), 157, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  short(329, fields.device.major)
  short(337, fields.device.minor)
  let sum = 8 * 0x20
  for (let at = 0; at < 345; at++) sum += block[at] ?? 0
  octal(148, sum, 6)
  block[155] = 0x20
}
