// Finds the line and column of a key or array element in a TOML document that is known to be valid. The TOML library
// gives places only for syntax errors; this reads the document a second time, for its shape alone.

import { parse } from 'smol-toml'
import type { KeyPath, Position } from './read/problems.js'

/** Gives the place of a path, or of the nearest table around it that the document has (at worst 1:1). */
export type Locator = (path: KeyPath) => Position

/** Reads `source`, valid TOML, once; the result answers for every path in it. */
export function createLocator(source: string): Locator {
  const offsets = new ShapeReader(source).read()
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const offset = offsets.get(JSON.stringify(path.slice(0, length)))
      if (offset !== undefined) return placeOf(source, offset)
    }
    return { line: 1, column: 1 }
  }
}

function placeOf(source: string, offset: number): Position {
  const before = source.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

interface Segment {
  readonly key: string
  readonly offset: number
}

/** Everything between two tokens: white space, line ends, comments. */
const BLANK = /(?:[ \t\r\n]|#[^\n]*)*/y
const BARE_KEY = /[A-Za-z0-9_-]+/y
const QUOTED = /"(?:[^"\\]|\\.)*"|'[^']*'/y
/** Up to five quotes may end a multi-line string: two of them belong to it. */
const TEXT = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'/y
const SCALAR = /[^,\]}#\r\n]*/y

/** Names of one dotted key whose places are noted: a key of thousands would have a path of its own for each. */
const MOST_DEPTH = 32

class ShapeReader {
  private readonly source: string
  private position = 0
  private readonly offsets = new Map<string, number>()
  /** Number of elements so far of each array of tables. */
  private readonly elements = new Map<string, number>()

  constructor(source: string) {
    this.source = source
  }

  read(): Map<string, number> {
    let table: KeyPath = []
    this.take(BLANK)
    while (this.position < this.source.length) {
      const start = this.position
      if (this.next('[')) table = this.readHeader(start)
      else this.readPair(table)
      this.take(BLANK)
      // Cannot happen in valid TOML; an endless loop would be a worse answer than a coarse place.
      if (this.position === start) break
    }
    return this.offsets
  }

  private readHeader(start: number): KeyPath {
    const isArray = this.next('[')
    const segments = this.readKey()
    this.next(']')
    if (isArray) this.next(']')
    let path: KeyPath = []
    for (const [index, { key }] of segments.slice(0, MOST_DEPTH).entries()) {
      path = [...path, key]
      this.note(path, start)
      const name = JSON.stringify(path)
      const count = this.elements.get(name) ?? 0
      const isNewElement = isArray && index === segments.length - 1
      if (isNewElement) this.elements.set(name, count + 1)
      if (isNewElement) path = [...path, count]
      else if (count > 0) path = [...path, count - 1]
      this.note(path, start)
    }
    return path
  }

  private readPair(table: KeyPath): void {
    let path = table
    for (const { key, offset } of this.readKey().slice(0, MOST_DEPTH)) {
      path = [...path, key]
      this.note(path, offset)
    }
    this.next('=')
    this.readValue(path)
  }

  private readKey(): Segment[] {
    const segments: Segment[] = []
    do {
      this.take(BLANK)
      const offset = this.position
      const quoted = this.take(QUOTED)
      segments.push({ key: quoted === '' ? this.take(BARE_KEY) : unquote(quoted), offset })
      this.take(BLANK)
    } while (this.next('.'))
    return segments
  }

  private readValue(path: KeyPath): void {
    this.take(BLANK)
    if (this.next('[')) this.readItems(']', (index) => this.readElement([...path, index]))
    else if (this.next('{')) this.readItems('}', () => this.readPair(path))
    else if (this.take(TEXT) === '') this.take(SCALAR)
  }

  private readElement(path: KeyPath): void {
    this.note(path, this.position)
    this.readValue(path)
  }

  private readItems(end: string, readItem: (index: number) => void): void {
    this.take(BLANK)
    for (let index = 0; this.position < this.source.length && !this.next(end); index++) {
      readItem(index)
      this.take(BLANK)
      this.next(',')
      this.take(BLANK)
    }
  }

  /** The first place wins: `[a]` is where `a` is, not `[a.b]` further down. */
  private note(path: KeyPath, offset: number): void {
    const name = JSON.stringify(path)
    if (!this.offsets.has(name)) this.offsets.set(name, offset)
  }

  private next(character: string): boolean {
    if (this.source[this.position] !== character) return false
    this.position++
    return true
  }

  private take(token: RegExp): string {
    token.lastIndex = this.position
    const text = token.exec(this.source)?.[0] ?? ''
    this.position += text.length
    return text
  }
}

const unquote = (quoted: string): string => String(parse(`key = ${quoted}`).key)
