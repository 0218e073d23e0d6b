// One member of a tar archive, as its header blocks together describe it. Its content is never kept.

import type { Fail } from '../fault.js'
import { parseGnuExtension, type TarHeader } from './header.js'
import type { PaxAttributes } from './pax.js'
import { quoteBytes } from './quote.js'
import { gnuMapReader, type MapReader, paxMapReader, SparseMap } from './sparse-map.js'

/** What a member is. Sockets do not exist in tar. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo'

/** One member. Names are the archive's bytes, unchanged. */
export interface TarEntry {
  path: Buffer
  type: EntryType
  /** Permission bits, 0o7777 at most. */
  mode: number
  uid: number
  gid: number
  /** Empty when the archive has numeric owners only. */
  uname: string
  gname: string
  /** Bytes of content stored in the archive. */
  size: number
  /** Bytes of the file once unpacked; differs from `size` for sparse files. */
  realSize: number
  /** Seconds since the epoch, with fraction. */
  mtime: number
  /** The same with all its digits, where they are more than a number has ({@link PaxAttributes.time}). */
  time?: string | undefined
  /** Target of a symlink or hard link, else empty. */
  link: Buffer
  /** Numbers of a device node, else zeros. */
  device: { major: number; minor: number }
  xattrs: readonly string[]
  hasAcl: boolean
  /** Values of extended attributes and ACLs ({@link PaxAttributes.attributes}); undefined when there are none. */
  attributes?: ReadonlyMap<string, Buffer> | undefined
}

/** The map of a sparse member: complete, or `reader` takes the rest of it. */
export interface StartedMap {
  map: SparseMap
  reader?: MapReader
}

/**
 * Starts on the map of a sparse member and checks it as far as the headers hold it.
 *
 * @param keepRegions whether the map is to remember its regions
 * @returns undefined when the member is not sparse
 */
export function startSparseMap(
  { header, before, keepRegions }: { header: TarHeader; before: Pending; keepRegions: boolean },
  fail: Fail,
): StartedMap | undefined {
  const pax = before.pax?.sparse
  const old = header.gnuSparse
  if (pax === undefined && old === undefined) return undefined
  // GNU tar chooses the kind of map by the layout of the header, so another combination has two readings.
  if (
    header.layout !== (old === undefined ? 'posix' : 'gnu') ||
    (old !== undefined && before.pax !== undefined)
  )
    return fail('unsupported', 'a sparse member mixes tar formats')
  const real = pax?.realSize ?? old?.realSize ?? 0
  const map = new SparseMap({ stored: before.pax?.size ?? header.size, real }, fail, keepRegions)
  if (pax?.format === '1.0') return { map, reader: paxMapReader(map, fail) }
  for (const region of pax?.regions ?? old?.regions ?? []) map.add(region)
  if (old?.extended === true)
    return { map, reader: gnuMapReader(map, (block) => parseGnuExtension(block, fail)) }
  map.finish()
  return { map }
}

/** What headers before a member's own said about it. */
export interface Pending {
  pax?: PaxAttributes
  longPath?: Buffer
  longLink?: Buffer
}

const TYPES: Readonly<Record<string, EntryType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  // GNU tar's --incremental: its content lists the folder, which matters only to an extraction that is incremental.
  D: 'directory',
  '6': 'fifo',
}

/** Joins `header` with what came before it. Precedence as in GNU tar: sparse name, PAX, GNU long name, header. */
export function buildEntry(header: TarHeader, before: Pending, fail: Fail): TarEntry {
  const pax: PaxAttributes = before.pax ?? { xattrs: [], hasAcl: false }
  const path = pax.sparse?.path ?? pax.path ?? before.longPath ?? header.path
  const type = typeOf(header, path, fail)
  const size = pax.size ?? header.size
  const isLink = type === 'symlink' || type === 'hardlink'
  const isSparse = pax.sparse !== undefined || header.gnuSparse !== undefined
  if (size < 0) return fail('corrupt', `corrupt: member ${quoteBytes(path)} has a negative size`)
  if (type !== 'file' && ((size !== 0 && header.typeflag !== 'D') || isSparse)) {
    // Tar programs disagree whether content follows such a header, so they would see different members after it.
    return fail('unsupported', `member ${quoteBytes(path)} is a ${type} with content`)
  }
  return {
    path,
    type,
    mode: header.mode,
    uid: pax.uid ?? header.uid,
    gid: pax.gid ?? header.gid,
    uname: pax.uname ?? header.uname,
    gname: pax.gname ?? header.gname,
    size,
    realSize: pax.sparse?.realSize ?? header.gnuSparse?.realSize ?? size,
    mtime: pax.mtime ?? header.mtime,
    time: pax.time,
    link: isLink ? (pax.link ?? before.longLink ?? header.link) : Buffer.alloc(0),
    device: header.device,
    xattrs: pax.xattrs,
    hasAcl: pax.hasAcl,
    attributes: pax.attributes,
  }
}

function typeOf(header: TarHeader, path: Buffer, fail: Fail): EntryType {
  const type = TYPES[header.typeflag]
  if (type === undefined) {
    const flag = quoteBytes(Buffer.from(header.typeflag, 'latin1'))
    return fail('unsupported', `member ${quoteBytes(path)} has the unknown type "${flag}"`)
  }
  // BSD's convention, which GNU tar follows: a file whose name ends in a slash is a directory, but for the name "/".
  return type === 'file' && path.length > 1 && path.at(-1) === 0x2f ? 'directory' : type
}
