// The syntax of catalyst.conf: TOML since catalyst 4; catalyst 3 had lines key="value". Pure.

import { parse, TomlError } from 'smol-toml'
import { createLocator } from '../../sdk/locate.js'
import type { SpecProblem } from '../read/problems.js'
import { MOST_TEXT, type SpecSource, type SpecText, type SpecValue } from './spec-text.js'

/** Reads a conf. A list has its elements as words; a string is one word, but {@link WORD_LISTS} take catalyst 3's "a b". */
export function parseConfText(source: SpecSource): SpecText {
  const read = readToml(source) ?? readShell(source)
  const values = new Map<string, SpecValue>()
  const problems = [...read.problems]
  for (const [key, { value, line }] of read.values) {
    const words = toWords(key, value)
    const at = { file: source.file, line }
    if (words === undefined)
      problems.push({ ...at, message: `${key}: expected a string, a number or a list of strings` })
    else {
      const unknown = new Map<string, string>()
      values.set(key, { words: words.map((word) => interpolate(word, read.values, unknown)), ...at })
      for (const [name, what] of unknown)
        problems.push({ ...at, message: `${key}: %(${name})s: the key ${name} has ${what} here` })
    }
  }
  return { file: source.file, values, problems, warnings: [] }
}

/** Keys whose value is a list; catalyst 3 wrote them as one string. */
const WORD_LISTS: readonly string[] = ['digests', 'options', 'distcc_hosts']

interface RawConf {
  readonly values: ReadonlyMap<string, { readonly value: unknown; readonly line: number }>
  readonly problems: readonly SpecProblem[]
}

function readToml({ file, text }: SpecSource): RawConf | undefined {
  try {
    const entries = Object.entries(parse(text, { unsafeKeyBehaviour: 'throw' }))
    // Only of what the library has taken: its nesting is bounded then.
    const locate = createLocator(text)
    return {
      values: new Map(entries.map(([key, value]) => [key, { value, line: locate([key]).line }])),
      problems: [],
    }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    if (isShell(text)) return undefined
    const [first = ''] = error.message.split('\n')
    const message = first.replace(/^Invalid TOML document: /, 'not valid TOML: ')
    return { values: new Map(), problems: [{ file, line: error.line, message }] }
  }
}

const SHELL_LINE = /^\s*([A-Za-z_][\w-]*)=(?:"([^"]*)"|'([^']*)'|([^\s"'#]*))\s*(?:#.*)?$/
const isBlank = (line: string): boolean => /^\s*(?:#.*)?$/.test(line)

/** Catalyst 3's conf: nothing but assignments without blanks around `=`. */
const isShell = (text: string): boolean =>
  text.split('\n').every((line) => isBlank(line) || SHELL_LINE.test(line))

function readShell({ text }: SpecSource): RawConf {
  const values = new Map<string, { value: unknown; line: number }>()
  for (const [index, line] of text.split('\n').entries()) {
    const [, key, double, single, bare] = SHELL_LINE.exec(line) ?? []
    if (key !== undefined) values.set(key, { value: double ?? single ?? bare ?? '', line: index + 1 })
  }
  return { values, problems: [] }
}

function toWords(key: string, value: unknown): string[] | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)]
  if (typeof value === 'string')
    return WORD_LISTS.includes(key) ? value.split(/\s+/).filter((word) => word !== '') : [value]
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value
  return undefined
}

/** Catalyst's own values of keys that others are made from. */
const DEFAULTS: Readonly<Record<string, string>> = {
  storedir: '/var/tmp/catalyst',
  sharedir: '/usr/share/catalyst',
}

/** `%(key)s` in a conf is the string of any other key, `%%` a percent sign. Unknown keys are added to `unknown`. */
function interpolate(word: string, values: RawConf['values'], unknown: Map<string, string>): string {
  let length = 0
  return word.replace(/%(?:\(([^()%]*)\)s|%)/g, (match, name: string | undefined) => {
    if (name === undefined) return '%'
    const found = values.get(name)?.value ?? (Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined)
    if (typeof found === 'string') length += found.length
    if (typeof found === 'string' && length <= MOST_TEXT) return found
    unknown.set(name, typeof found === 'string' ? 'too much text' : 'no text')
    return match
  })
}
