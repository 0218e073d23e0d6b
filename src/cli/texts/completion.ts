// What a shell can complete, as the tables say it; how a shell is told is up to the files beside this one.

import { hasValue, OPTIONS, type OptionName, optionsOf } from '../arguments/options/table.js'
import { VERB_NAMES, VERBS, type Verb, type VerbName } from '../arguments/verbs.js'

/** What the value of an option can be: files, folders, these words, or what no shell can know. Undefined for a boolean. */
export type Values = 'files' | 'folders' | 'any' | readonly string[]

/** The values of an option. */
export function valuesOf(name: OptionName): Values | undefined {
  const option = OPTIONS[name]
  if (!hasValue(option)) return undefined
  if (option.values !== undefined) return option.values
  if (option.placeholder.split('|').includes('DIR')) return 'folders'
  return ['FILE', 'SPEC', 'CONF'].includes(option.placeholder) ? 'files' : 'any'
}

/** How an option can be written, most usual first; both forms of a boolean. */
export function spellings(name: OptionName): string[] {
  const { initially, short, isPassedOn } = OPTIONS[name]
  const forms = typeof initially === 'boolean' ? [`--${name}`, `--no_${name}`] : [`--${name}`]
  // What only shows a text has nothing to switch off.
  const isPlain = initially === false && isPassedOn === false
  return [
    ...(isPlain ? forms.slice(0, 1) : initially === true ? forms.reverse() : forms),
    ...(short === undefined ? [] : [short]),
  ]
}

/** The words that operands of a verb can be, or files. */
export function operandsOf(verb: VerbName): 'files' | readonly string[] {
  const { words = [] }: Verb = VERBS[verb]
  return words
}

/** The options that have these very values, by what they are; each as it is written. */
export function optionsByValues(): Map<string, { values: Values; words: string[] }> {
  const found = new Map<string, { values: Values; words: string[] }>()
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const values = valuesOf(name)
    if (values === undefined) continue
    const same = found.get(String(values))
    if (same === undefined) found.set(String(values), { values, words: spellings(name) })
    else same.words.push(...spellings(name))
  }
  return found
}

/** All that can be written as an option of a verb. */
export const optionWords = (verb: VerbName): string[] => optionsOf(verb).flatMap(spellings)

/** The verbs, and what else can come first. */
export const FIRST_WORDS: readonly string[] = [...VERB_NAMES, 'help']
