// The syntax of spec files, as catalyst 4.1 reads them (its config.py): keys with their words and lines. Pure. What
// catalyst would crash on, or read otherwise than it looks, is a problem here.

import type { SpecProblem } from '../read/problems.js'

/** A file and its text. */
export interface SpecSource {
  /** Absolute path; used in messages as it is. */
  readonly file: string
  readonly text: string
}

/** A key's value: its words, and the line of the key. `none`, in any case, is the word's absence: no words. */
export interface SpecValue {
  readonly words: readonly string[]
  readonly file: string
  readonly line: number
}

/** A file, read. Keys without a value are left out, as catalyst does it. */
export interface SpecText {
  readonly file: string
  readonly values: ReadonlyMap<string, SpecValue>
  readonly problems: readonly SpecProblem[]
  /** Worth saying: a key that is there twice. */
  readonly warnings: readonly SpecProblem[]
}

/** Most that keys bring into the value of another, in characters: each could have the one before it twice. */
export const MOST_TEXT = 2 ** 20

/** What Python takes for a blank: all of Unicode's, and the separators of old tapes, but no byte order mark. */
const BLANK = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const BLANKS = new RegExp(`${BLANK}+`)
const ONE_BLANK = new RegExp(BLANK)

/** Without blanks at the ends, in the time of the text's length. */
function trimmed(text: string): string {
  const isBlank = (at: number): boolean => ONE_BLANK.test(text[at] ?? '')
  let [begin, end] = [0, text.length]
  while (begin < end && isBlank(begin)) begin++
  while (begin < end && isBlank(end - 1)) end--
  return text.slice(begin, end)
}

/** Reads a spec's syntax; what its keys mean is checked by check-keys.ts. An editor's byte order mark is none of it. */
export function parseSpecText(source: SpecSource): SpecText {
  const reader = new SpecReader(source.file)
  const lines = source.text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  for (const [index, line] of lines.entries()) reader.read(line, index + 1)
  return reader.finish()
}

class SpecReader {
  private readonly file: string
  private readonly values = new Map<string, { words: string[]; line: number }>()
  private readonly problems: SpecProblem[] = []
  private readonly warnings: SpecProblem[] = []
  private current: { words: string[]; line: number } | undefined

  constructor(file: string) {
    this.file = file
  }

  read(raw: string, line: number): void {
    // A `#` begins a comment wherever it is, also inside a word.
    const text = trimmed(raw.split('#', 1)[0] ?? '')
    if (text === '') return
    const colon = text.indexOf(':')
    if (colon < 0) this.continue(text, line)
    else this.begin(text.slice(0, colon), { text: text.slice(colon + 1), line })
  }

  finish(): SpecText {
    const values = new Map<string, SpecValue>()
    for (const [key, { words, line }] of this.values) {
      const isNone = words.length === 1 && words[0]?.toLowerCase() === 'none'
      if (words.length > 0) values.set(key, { words: isNone ? [] : words, file: this.file, line })
    }
    return { file: this.file, values, problems: this.problems, warnings: this.warnings }
  }

  private begin(key: string, { text, line }: { text: string; line: number }): void {
    const before = this.values.get(key)
    if (before !== undefined)
      this.note(this.warnings, line, `${key}: is there already, at line ${before.line}; this one counts`)
    const value = withoutQuotes(trimmed(text))
    const words = this.interpolate(key, { value, line }).split(BLANKS).filter(isWord)
    this.current = { words, line }
    this.values.set(key, this.current)
  }

  private continue(text: string, line: number): void {
    if (this.current === undefined)
      this.note(this.problems, line, `expected "key: value", found ${JSON.stringify(text)} before any key`)
    else for (const word of text.split(BLANKS)) if (isWord(word)) this.current.words.push(word)
  }

  /** `%(key)s` is the value of a key above, `%%` a percent sign. */
  private interpolate(key: string, { value, line }: { value: string; line: number }): string {
    let length = 0
    return value.replace(/%(?:\(([^()%]*)\)s|%|)/g, (match, name: string | undefined) => {
      if (match === '%%') return '%'
      const fault = name === undefined ? 'expected %(key)s, or %% for a percent sign, found "%"' : undefined
      const words = name === undefined ? undefined : this.values.get(name)?.words
      const [word = ''] = words ?? []
      if (words?.length === 1) length += word.length
      if (length > MOST_TEXT) return this.tooLong(key, line)
      if (words?.length === 1) return word
      const many =
        words === undefined ? 'has no value above this line' : `has ${words.length} words, expected one`
      this.note(this.problems, line, `${key}: ${fault ?? `%(${name})s: the key ${name} ${many}`}`)
      return ''
    })
  }

  private tooLong(key: string, line: number): string {
    if (this.problems.at(-1)?.line !== line)
      this.note(this.problems, line, `${key}: expected at most ${MOST_TEXT} bytes of other keys`)
    return ''
  }

  private note(list: SpecProblem[], line: number, message: string): void {
    list.push({ file: this.file, line, message })
  }
}

/** A pattern for quotes at the end would look at each quote before them, too. */
function withoutQuotes(text: string): string {
  let [start, end] = [0, text.length]
  while (text[start] === '"') start++
  while (end > start && text[end - 1] === '"') end--
  return text.slice(start, end)
}

const isWord = (word: string): boolean => word !== ''
