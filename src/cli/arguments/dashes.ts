// Brings options into their one canonical form before the parser sees them, and says what is missing or too much.

import { SdkError } from '../../errors.js'
import { type Meant, meantOption } from './option-names.js'
import type { FlagOption, Option, ValueOption } from './options/option.js'
import { hasValue, OPTION_NAMES, OPTIONS } from './options/table.js'
import { quoted } from './quoted.js'
import { ON } from './typed-options.js'

/**
 * Rewrites `argv` so that every known option with a value has the form `--a_b=value` and every long boolean `--a_b`, or
 * `--no-a_b` when it is negated (written `--noa_b`, `--no_a_b` or `--no-a-b`). Beginnings of names become whole names.
 * Values, operands, unknown options and all after `--` stay. An empty value is left only to an option that says what it means.
 *
 * @throws SdkError SDK_USAGE when a name is ambiguous, a value is missing, or one is given to a boolean
 */
export function canonicalArguments(argv: readonly string[]): string[] {
  const result: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    if (argument === '--') return [...result, ...argv.slice(index)]
    const given = split(argument)
    if (given === undefined) {
      result.push(argument)
    } else if (isValue(given)) {
      result.push(`--${given.name}=${requireValue(given, argv[index + 1])}`)
      if (given.value === undefined) index++
    } else {
      result.push(canonicalFlag(given))
    }
  }
  return result
}

interface Given<O extends Option = Option> extends Meant {
  /** As the user wrote it, without the value. */
  written: string
  option: O
  value: string | undefined
}

const isValue = (given: Given): given is Given<ValueOption> => hasValue(given.option)

/** Undefined for what is not an option that is known here: operands, unknown names, short booleans. */
function split(argument: string): Given | undefined {
  const [, short, attached] = /^(-[A-Za-z])([\s\S]*)$/.exec(argument) ?? []
  if (short !== undefined) {
    const name = OPTION_NAMES.find((each) => OPTIONS[each].short === short)
    if (name === undefined || !hasValue(OPTIONS[name])) return undefined
    const value = attached === '' ? undefined : attached
    return { written: short, name, negated: false, option: OPTIONS[name], value }
  }
  const [, written, value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument) ?? []
  const meant = written === undefined ? undefined : meantOption(written)
  return meant === undefined
    ? undefined
    : { written: `--${written}`, ...meant, option: OPTIONS[meant.name], value }
}

function requireValue(
  { written, name, option, value }: Given<ValueOption>,
  next: string | undefined,
): string {
  const { placeholder, help, emptyIsNone, valueHint = help } = option
  const given = value ?? next
  const isOption = value === undefined && given?.startsWith('--') === true
  if (given !== undefined && !isOption && (given !== '' || emptyIsNone === true)) return given
  const found = isOption ? `found ${given}; write --${name}=${given} if that is its value` : 'found none'
  throw new SdkError('SDK_USAGE', `${written} needs a value (${placeholder}), ${found}`, {
    hint: valueHint,
  })
}

function canonicalFlag({ written, name, negated, option, value }: Given): string {
  const { levels = [] } = option as FlagOption
  if (!negated && value !== undefined && levels.includes(value)) return `--${name}=${value}`
  if (value !== undefined) {
    throw new SdkError(
      'SDK_USAGE',
      `${written} takes ${levels.length === 0 ? 'no value' : `no value but ${levels.join(', ')}`}, found ${quoted(value)}`,
      {
        hint: `--${name} and --no${name} (${option.help})`,
      },
    )
  }
  if (negated) return `--no-${name}`
  // Without one the parser would take the next operand for it.
  return levels.length === 0 ? `--${name}` : `--${name}=${ON}`
}
