// What the paths of an archive are, by a keyed 64-bit hash instead of the names: nine bytes a path, one pass per lookup.

import { randomBytes } from 'node:crypto'

/**
 * What a path is; only what decides whether another member may use it. A symlink is outward when its target is absolute or
 * climbs by `..`.
 */
export const PathKind = { none: 0, directory: 1, file: 2, symlink: 3, special: 4, outwardLink: 5 } as const

/** A value of {@link PathKind}. */
export type PathKind = (typeof PathKind)[keyof typeof PathKind]

/** What {@link PathTable.enter} found. */
export interface Entered {
  /** What the path was before. */
  before: PathKind
  /** The first ancestor that is not a directory: its kind, and the length of its name in the given path. */
  blocked: { kind: PathKind; length: number } | undefined
}

const SLASH = 0x2f
const DOT = 0x2e
const FIRST_SLOTS = 1 << 10

/**
 * The table. `a//b/./c` and `a/b/c` are one path; `..` must have been refused before. The key is random, so nobody can
 * make an archive whose paths collide, and a chance collision can only refuse an archive, never admit a path: an
 * entry's kind never changes.
 */
export class PathTable {
  /** Paths known, ancestors that had no member of their own included. */
  size = 0
  readonly #seed = randomBytes(8)
  #hashes = new Uint32Array(2 * FIRST_SLOTS)
  #kinds = new Uint8Array(FIRST_SLOTS)
  #h1 = 0
  #h2 = 0

  /** Enters `path` as `kind`, and its ancestors as directories; changes nothing that is already there. */
  enter(path: Uint8Array, kind: PathKind): Entered {
    let blocked: Entered['blocked']
    let end = 0
    this.#restart()
    for (let at = componentStart(path, 0); at < path.length; at = componentStart(path, end)) {
      if (end > 0 && blocked === undefined) {
        const ancestor = this.#fill(PathKind.directory)
        if (ancestor > PathKind.directory) blocked = { kind: ancestor, length: end }
      }
      end = this.#mix(path, at)
    }
    return { before: this.#fill(kind), blocked }
  }

  /** What `path` is, as far as the members so far say. */
  kindOf(path: Uint8Array): PathKind {
    this.#restart()
    for (let at = componentStart(path, 0); at < path.length; ) at = componentStart(path, this.#mix(path, at))
    return this.#kindAt(this.#slot())
  }

  #restart(): void {
    this.#h1 = this.#seed.readUInt32LE(0)
    this.#h2 = this.#seed.readUInt32LE(4)
  }

  /** Hashes a separator and the component that starts at `at`; returns where the component ends. */
  #mix(path: Uint8Array, at: number): number {
    let h1 = Math.imul(this.#h1 ^ SLASH, 0x01000193)
    let h2 = Math.imul(this.#h2 ^ SLASH, 0x85ebca6b)
    let end = at
    for (; end < path.length && path[end] !== SLASH; end++) {
      const byte = path[end] ?? 0
      h1 = Math.imul(h1 ^ byte, 0x01000193)
      h2 = Math.imul((h2 << 13) ^ (h2 >>> 19) ^ byte, 0x85ebca6b)
    }
    this.#h1 = h1
    this.#h2 = h2
    return end
  }

  /** The slot of the hashed path, or the free one where it belongs. Hash 0 in both halves is as good as any other. */
  #slot(): number {
    const mask = this.#kinds.length - 1
    const h1 = this.#h1 >>> 0
    const h2 = this.#h2 >>> 0
    let slot = Math.imul(h1 ^ (h2 >>> 15), 0x9e3779b1) >>> 7
    for (slot &= mask; this.#kinds[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[2 * slot] === h1 && this.#hashes[2 * slot + 1] === h2) break
    }
    return slot
  }

  #kindAt(slot: number): PathKind {
    return (this.#kinds[slot] ?? 0) as PathKind
  }

  /** Gives the hashed path `kind` unless it has one; returns what it was before. */
  #fill(kind: PathKind): PathKind {
    const slot = this.#slot()
    const before = this.#kindAt(slot)
    if (before !== PathKind.none) return before
    this.#hashes[2 * slot] = this.#h1
    this.#hashes[2 * slot + 1] = this.#h2
    this.#kinds[slot] = kind
    this.size++
    if (this.size * 2 > this.#kinds.length) this.#grow()
    return before
  }

  #grow(): void {
    const [hashes, kinds, h1, h2] = [this.#hashes, this.#kinds, this.#h1, this.#h2]
    this.#hashes = new Uint32Array(2 * hashes.length)
    this.#kinds = new Uint8Array(2 * kinds.length)
    for (let slot = 0; slot < kinds.length; slot++) {
      if (kinds[slot] === 0) continue
      this.#h1 = hashes[2 * slot] ?? 0
      this.#h2 = hashes[2 * slot + 1] ?? 0
      const to = this.#slot()
      this.#hashes[2 * to] = this.#h1
      this.#hashes[2 * to + 1] = this.#h2
      this.#kinds[to] = kinds[slot] ?? 0
    }
    this.#h1 = h1
    this.#h2 = h2
  }
}

/** Where the next component of `path` starts at or after `at`, empty ones and `.` passed over; else its length. */
function componentStart(path: Uint8Array, at: number): number {
  for (let start = at; start < path.length; start++) {
    if (path[start] === SLASH) continue
    const isDot = path[start] === DOT && (start + 1 === path.length || path[start + 1] === SLASH)
    if (!isDot) return start
  }
  return path.length
}
