// Finds the option that a name on the command line means: whole names, their unambiguous beginnings, negated booleans.

import { SdkError } from '../../errors.js'
import { isFlagName, isOptionName, OPTION_NAMES, OPTIONS, type OptionName } from './options/table.js'

/** The option that is meant, and whether it is negated. */
export interface Meant {
  readonly name: OptionName
  readonly negated: boolean
}

/**
 * @param written the name after `--`, with dashes or underscores
 * @returns undefined when nothing begins like that
 * @throws SdkError SDK_USAGE when several options begin like that
 */
export function meantOption(written: string): Meant | undefined {
  const name = written.replaceAll('-', '_')
  const rest = /^no_?(.+)$/.exec(name)?.[1]
  if (isOptionName(name)) return { name, negated: false }
  if (rest !== undefined && isFlagName(rest)) return { name: rest, negated: true }
  const found = [
    ...beginnings(name).map((each) => ({ name: each, negated: false })),
    ...(rest === undefined ? [] : beginnings(rest).filter(isFlagName)).map((each) => ({
      name: each,
      negated: true,
    })),
  ]
  const theirs = found.filter((each) => OPTIONS[each.name].flatcar)
  const [first, ...more] = theirs.length > 0 ? theirs : found
  if (more.length === 0) return first
  throw ambiguous(written, found)
}

const beginnings = (name: string): OptionName[] =>
  name === '' ? [] : OPTION_NAMES.filter((each) => each.startsWith(name))

function ambiguous(written: string, found: readonly Meant[]): SdkError {
  const names = found.map(({ name, negated }) => `--${negated ? 'no' : ''}${name}`)
  return new SdkError('SDK_USAGE', `--${written} is ambiguous: ${names.join(', ')}`, {
    hint: 'write more of the name',
  })
}
