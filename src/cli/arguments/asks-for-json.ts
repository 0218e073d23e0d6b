// Whether a command line asks for JSON, also one that is wrong otherwise: what is wrong is then told as JSON, too.

import { type Meant, meantOption } from './option-names.js'
import { hasValue, OPTION_NAMES, OPTIONS } from './options/table.js'

/** Whether `--json` is the last that `argv`, the arguments after the program, says of it. Never throws. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  let asks = false
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const meant = meantBy(word)
    if (meant?.name === 'json') asks = !meant.negated
    // A value is no option, whatever it looks like; what begins as one is none (dashes.ts).
    else if (takesNext(word, meant) && words[index + 1]?.startsWith('--') !== true) index++
  }
  return asks
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
