// What a command line says of some options, also one that is wrong otherwise: how, and in which files, that is told. Never throws.

import { type Meant, meantOption } from './option-names.js'
import { hasValue, OPTION_NAMES, OPTIONS, type OptionName } from './options/table.js'
import { isVerb, type VerbName } from './verbs.js'

/** Whether `--json` is the last that `argv`, the arguments after the program, says of it. */
export function asksForJson(argv: readonly string[]): boolean {
  let asks = false
  for (const { meant } of wordsOf(argv)) if (meant?.name === 'json') asks = !meant.negated
  return asks
}

/** The last value that `argv` gives `option`; undefined where it gives none. */
export function valueIn(argv: readonly string[], option: OptionName): string | undefined {
  const values = wordsOf(argv).flatMap(({ meant, value }) => (meant?.name === option ? [value ?? ''] : []))
  return values.at(-1) === '' ? undefined : values.at(-1)
}

/** The verb of `argv`; who names none builds. */
export function verbIn(argv: readonly string[]): VerbName {
  const verbs = wordsOf(argv).flatMap(({ word, meant }) =>
    meant === undefined && isVerb(word) ? [word] : [],
  )
  return verbs[0] ?? 'build'
}

interface Word {
  readonly word: string
  /** Undefined for operands, and for what is no option. */
  readonly meant: Meant | undefined
  readonly value: string | undefined
}

function wordsOf(argv: readonly string[]): Word[] {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  const found: Word[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const meant = meantBy(word)
    const isSplit = takesNext(word, meant) && words[index + 1]?.startsWith('--') !== true
    const value = isSplit ? words[index + 1] : /^--[^=]+=([\s\S]*)$/.exec(word)?.[1]
    found.push({ word, meant, value })
    // A value is no option, whatever it looks like; what begins as one is none (dashes.ts).
    if (isSplit) index++
  }
  return found
}

const takesNext = (word: string, meant: Meant | undefined): boolean =>
  meant !== undefined && hasValue(OPTIONS[meant.name]) && !word.includes('=')

function meantBy(word: string): Meant | undefined {
  const name = OPTION_NAMES.find((each) => OPTIONS[each].short === word)
  if (name !== undefined) return { name, negated: false }
  const [, written] = /^--([^=]+)/.exec(word) ?? []
  try {
    return written === undefined ? undefined : meantOption(written)
  } catch {
    // An ambiguous beginning: that is what is wrong.
    return undefined
  }
}
