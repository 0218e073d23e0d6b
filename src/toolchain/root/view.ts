// Looks at a directory as if it were `/`: links are followed inside it and never out of it. Paths are byte strings
// (latin1) that start with `/`. What is opened is a regular file: the root may be anybody's.

import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs'
import { SdkError } from '../../errors.js'
import { readBounded } from '../../store/hostile/bounded-file.js'

/** One name that {@link walkRoot} meets. */
export interface RootEntry {
  path: string
  kind: 'file' | 'symlink'
}

/** A root directory, seen from inside. */
export interface RootView {
  /** The path on this machine of a path inside the root. */
  real(path: string): Buffer
  /**
   * The path with every link in it resolved inside the root, the last component included.
   * undefined when it does not exist, or its links go round in a circle.
   */
  canonical(path: string): string | undefined
  /** The same for the directory part only; the last component is kept. A missing directory is kept as it is. */
  canonicalParent(path: string): string
  /** Opens a regular file for reading, without following a link or waiting for a pipe. @throws the system's error */
  open(path: string): number
}

/** As the kernel: more links than this in one path are a circle. */
const MAX_LINKS = 40

/** Makes the view of `root`. It remembers what it resolved: use one view per unchanged tree. */
export function viewRoot(root: string): RootView {
  const base = Buffer.from(root === '/' ? '' : root.replace(/\/+$/, ''))
  const real = (path: string): Buffer => Buffer.concat([base, Buffer.from(path, 'latin1')])
  const resolve = resolver((path) => readLink(real(path)))
  return {
    real,
    canonical: (path) => resolve(path, MAX_LINKS),
    canonicalParent(path) {
      const slash = path.lastIndexOf('/')
      const parent = resolve(path.slice(0, slash) || '/', MAX_LINKS)
      if (parent === undefined) return path
      return parent === '/' ? path.slice(slash) : parent + path.slice(slash)
    },
    open: (path) => openFile(real(path)),
  }
}

/** Looked at first: to open a device may already do something. */
function openFile(file: Buffer): number {
  if (!lstatSync(file).isFile()) throw new Error(`${file.toString()} is not a regular file`)
  return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

/** What a name is: a link with its target, something else, or nothing. */
export type LinkTarget = { target: string } | 'other' | 'missing'

function readLink(path: Buffer): LinkTarget {
  try {
    return { target: readlinkSync(path, { encoding: 'latin1' }) }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EINVAL' ? 'other' : 'missing'
  }
}

/** Resolves paths by asking `readlink` for each name on the way, never out of the root; what it found is remembered. */
export function resolver(
  readlink: (path: string) => LinkTarget,
): (path: string, budget: number) => string | undefined {
  const known = new Map<string, string | undefined>([['/', '/']])
  const resolve = (path: string, budget: number): string | undefined => {
    const text = known.get(path)
    if (text !== undefined || known.has(path)) return text
    let at = '/'
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue
      const next = name === '..' ? parentOf(at) : step(at, name, budget)
      if (next === undefined) return remember(path, undefined)
      at = next
    }
    return remember(path, at)
  }
  const remember = (path: string, value: string | undefined): string | undefined => {
    known.set(path, value)
    return value
  }
  const step = (at: string, name: string, budget: number): string | undefined => {
    const path = at === '/' ? `/${name}` : `${at}/${name}`
    if (known.has(path)) return known.get(path)
    const link = readlink(path)
    if (link === 'missing') return remember(path, undefined)
    if (link === 'other') return remember(path, path)
    if (budget === 0) return undefined
    const target = link.target.startsWith('/') ? link.target : `${at}/${link.target}`
    return remember(path, resolve(target, budget - 1))
  }
  return resolve
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** What {@link walkRoot} left out. */
export interface WalkNotes {
  /** Directories that belong to another file system: a mount inside the root is no part of it. */
  mounts: string[]
  /** Directories that could not be read, with the reason. */
  unreadable: { path: string; reason: string }[]
}

/** Yields every regular file and symbolic link below the root, each directory's names in byte order, mounts left out. */
export function* walkRoot(view: RootView, notes: WalkNotes): Generator<RootEntry> {
  const device = lstatSync(view.real('/.')).dev
  const pending = ['']
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const entry of readDirectory(view, { directory, device, notes })) {
      const path = `${directory}/${entry.name}`
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) yield { path, kind: 'file' }
      else if (entry.isSymbolicLink()) yield { path, kind: 'symlink' }
    }
  }
}

function readDirectory(
  view: RootView,
  { directory, device, notes }: { directory: string; device: number; notes: WalkNotes },
) {
  try {
    const real = view.real(directory === '' ? '/.' : directory)
    if (directory !== '' && lstatSync(real).dev !== device) {
      notes.mounts.push(directory)
      return []
    }
    // Typed as strings; the names are byte strings, which readdir gives for latin1.
    const entries = readdirSync(real, { encoding: 'latin1', withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    notes.unreadable.push({ path: directory || '/', reason: (error as Error).message })
    return []
  }
}

/** Names of a directory inside the root, byte strings in byte order; empty when there is none. */
export function listDirectory(view: RootView, path: string): string[] {
  const canonical = view.canonical(path)
  if (canonical === undefined) return []
  try {
    return readdirSync(view.real(canonical), { encoding: 'latin1' }).sort()
  } catch {
    return []
  }
}

/** Runs `use` on an open descriptor of `path` and closes it. @throws the system's error when it cannot be opened */
export function withFile<T>(view: RootView, path: string, use: (fd: number) => T): T {
  const fd = view.open(path)
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * The content of a file of the root as a byte string, links in its path followed inside the root; undefined where there is no
 * regular file.
 *
 * @throws SdkError SDK_STAGE when it has more than 64 MiB: no package database has such a file
 */
export function readRootText(view: RootView, path: string): string | undefined {
  const canonical = view.canonical(path)
  if (canonical === undefined) return undefined
  try {
    const file = view.real(canonical)
    return lstatSync(file).isFile() ? readBounded(file).toString('latin1') : undefined
  } catch (error) {
    if (error instanceof SdkError) throw error
    return undefined
  }
}

/** A byte string as text to show: UTF-8, or the byte string itself when it is not. */
export function displayName(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? name : text
}
