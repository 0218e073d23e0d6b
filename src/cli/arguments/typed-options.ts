// From the texts that the parser leaves to the typed options of an invocation.

import { camelCase } from './options/option.js'
import { hasValue, OPTION_NAMES, OPTIONS, type OptionName, type Options } from './options/table.js'

/** What is given, by option: the texts of one with a value, whether a boolean is on, or its level. What is not given is not there. */
export type GivenOptions = Readonly<Partial<Record<OptionName, readonly string[] | boolean | string>>>

/** What stands for a boolean without a level where it could have one. */
export const ON = 'on'

/** @throws SdkError SDK_USAGE for a value that is none */
export function toOptions(said: GivenOptions): Options {
  const passedOn = OPTION_NAMES.filter((name) => OPTIONS[name].isPassedOn !== false)
  // The type is the table's, as the values are.
  return Object.fromEntries(passedOn.map((name) => [camelCase(name), toValue(name, said[name])])) as Options
}

function toValue(name: OptionName, given: GivenOptions[OptionName]): unknown {
  const option = OPTIONS[name]
  if (!hasValue(option)) return given === ON ? true : (given ?? option.initially)
  const texts = Array.isArray(given) ? given : []
  if (option.repeatable === true) return texts.map((text) => option.parse(text, name))
  // Empty is not given: other empty values do not come this far (dashes.ts).
  const last = texts.at(-1) ?? ''
  return last === '' ? option.initially : option.parse(last, name)
}
