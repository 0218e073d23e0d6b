// What has to lie on the disk when members have been unpacked in their order: said by the members that the audit has seen, and
// by nothing else.

import { createAudit } from '../../../src/archive/tar/audit.js'
import type { TarEntry } from '../../../src/archive/tar/entry.js'
import { Rebuild } from '../../../src/archive/tar/rebuild.js'
import { TarReader } from '../../../src/archive/tar/stream.js'
import { SdkError } from '../../../src/errors.js'

/** A file of the disk as it has to be. */
export interface Wanted {
  kind: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo'
  /** Absent for a folder that no member has made. */
  made?: { mode: number; uid: number; gid: number; mtime: number }
  size: number
  content: Buffer | undefined
  target: string
  device: string
  /** Number of names. */
  names: number
  xattrs: Record<string, string>
}

/** By path below the target, bytes as latin1; '' is the target itself. */
export type Tree = Map<string, Wanted>

/** Up to here contents are compared, not only sizes. */
export const COMPARED = 64 * 1024

const clean = (path: Buffer | string): string =>
  (typeof path === 'string' ? path : path.toString('latin1'))
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')

function newFile(entry: TarEntry): Wanted {
  const { mode, uid, gid, mtime, realSize, device, link } = entry
  const isFile = entry.type === 'file'
  const xattrs = [...(entry.attributes ?? [])].filter(([name]) => !name.startsWith('acl.'))
  return {
    kind: entry.type as Wanted['kind'],
    made: { mode, uid, gid, mtime },
    size: isFile ? realSize : 0,
    content: isFile && realSize <= COMPARED ? Buffer.alloc(realSize) : undefined,
    target: link.toString('latin1'),
    device: `${device.major}:${device.minor}`,
    names: 1,
    xattrs: Object.fromEntries(xattrs.map(([name, value]) => [name, value.toString('latin1')])),
  }
}

const implied = (): Wanted => ({
  kind: 'directory',
  size: 0,
  content: undefined,
  target: '',
  device: '0:0',
  names: 1,
  xattrs: {},
})

function put(tree: Tree, entry: TarEntry): Wanted | undefined {
  const path = clean(entry.path)
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1))
    if (!tree.has(path.slice(0, slash))) tree.set(path.slice(0, slash), implied())
  const old = tree.get(path)
  if (entry.type === 'directory') {
    tree.set(path, newFile(entry))
    return undefined
  }
  const next = entry.type === 'hardlink' ? tree.get(clean(entry.link)) : newFile(entry)
  if (next === undefined || next === old) return undefined
  if (old !== undefined) old.names--
  if (entry.type === 'hardlink') next.names++
  tree.set(path, next)
  return entry.type === 'file' ? next : undefined
}

/** What became of an archive: the tree that it stands for, and what tar is given of it. */
export interface Read {
  tree: Tree
  rebuilt: Buffer
}

/** Reads `bytes`; undefined when reader or audit refuse them, which they may only do by SDK_ARCHIVE. */
export function read(bytes: Buffer): Read | undefined {
  const tree: Tree = new Map([['', implied()]])
  const audit = createAudit({ archive: 'a.tar' })
  const rebuild = new Rebuild({ archive: 'a.tar', audit })
  let last: Wanted | undefined
  const reader = new TarReader({
    archive: 'a.tar',
    onEntry: (entry) => {
      last = put(tree, entry)
    },
    onContent: (piece, offset) => last?.content?.set(piece, offset),
  })
  try {
    const rebuilt = Buffer.concat([rebuild.push(bytes), rebuild.finish()])
    reader.push(bytes)
    reader.finish()
    return { tree, rebuilt }
  } catch (error) {
    if (error instanceof SdkError && error.code === 'SDK_ARCHIVE') return undefined
    throw error
  }
}
