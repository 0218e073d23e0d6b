// Brings option names into their one canonical form before the parser sees them, and says what is missing or too much.

import { SdkError } from '../errors.js'
import { FLAG_OPTIONS, isFlagName, isValueName, VALUE_OPTIONS, type ValueName } from './option-table.js'

/**
 * Rewrites `argv` so that every known long option has one form: `--a_b=value`, `--a_b`, or `--no-a_b` for a negated
 * boolean (written `--noa_b`, `--no_a_b` or `--no-a-b`). Values, operands, unknown options and all after `--` stay.
 *
 * @throws SdkError SDK_USAGE when a value is missing, or given to a boolean
 */
export function canonicalArguments(argv: readonly string[]): string[] {
  const result: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? ''
    if (argument === '--') return [...result, ...argv.slice(index)]
    const { written, name, value } = split(argument)
    if (isValueName(name)) {
      result.push(`--${name}=${requireValue({ written, name, value, next: argv[index + 1] })}`)
      if (value === undefined) index++
    } else {
      result.push(canonicalFlag({ argument, written, name, value }))
    }
  }
  return result
}

function split(argument: string): { written: string; name: string; value: string | undefined } {
  const match = /^--([^=]+)(?:=([\s\S]*))?$/.exec(argument)
  if (match === null) return { written: argument, name: '', value: undefined }
  const [, written = '', value] = match
  return { written: `--${written}`, name: written.replaceAll('-', '_'), value }
}

interface Given {
  written: string
  name: ValueName
  value: string | undefined
  /** The argument after it. */
  next: string | undefined
}

function requireValue({ written, name, value, next }: Given): string {
  const given = value ?? next ?? ''
  const isOption = value === undefined && given.startsWith('--')
  if (given !== '' && !isOption) return given
  const found = isOption ? `found ${given}; write ${written}=${given} if that is its value` : 'found none'
  throw new SdkError('SDK_USAGE', `${written} needs a value (${VALUE_OPTIONS[name].placeholder}), ${found}`, {
    hint:
      name === 'version'
        ? '--version is the version of the SDK; the version of this program is --version_info or -V'
        : VALUE_OPTIONS[name].help,
  })
}

interface PossibleFlag {
  argument: string
  written: string
  name: string
  value: string | undefined
}

function canonicalFlag({ argument, written, name, value }: PossibleFlag): string {
  const negated = name.replace(/^no_?/, '')
  const flag = isFlagName(name) ? name : negated
  if (name === '' || !isFlagName(flag)) return argument
  if (value !== undefined) {
    throw new SdkError('SDK_USAGE', `${written} takes no value, found ${JSON.stringify(value)}`, {
      hint: `--${flag} and --no${flag} (${FLAG_OPTIONS[flag].help})`,
    })
  }
  return flag === name ? `--${flag}` : `--no-${flag}`
}
