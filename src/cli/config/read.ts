// What configuration files say of options: each key is the name of an option, its value what the command line would take.

import path from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { SdkError } from '../../errors.js'
import { createLocator } from '../../sdk/locate.js'
import { didYouMean } from '../../sdk/nearest.js'
import { describe } from '../../sdk/read/problems.js'
import type { FlagOption, ValueOption } from '../arguments/options/option.js'
import { hasValue, isOptionName, OPTION_NAMES, OPTIONS, type OptionName } from '../arguments/options/table.js'
import type { GivenOptions } from '../arguments/typed-options.js'
import { toPath } from '../arguments/values.js'
import { isShipped } from '../request/definitions.js'
import { type ConfigPlace, type ConfigWorld, configPlaces, type FileKind, readConfigFile } from './files.js'

/** Where a value is from. Lines count from 1. */
export interface Origin {
  readonly kind: FileKind
  readonly file: string
  readonly line: number
}

/** What all files say together. */
export interface Configuration {
  readonly said: GivenOptions
  readonly origins: Readonly<Partial<Record<OptionName, Origin>>>
  /** All places where a file is looked for, those that count most first. */
  readonly places: readonly (ConfigPlace & { readonly exists: boolean })[]
}

/** The options that may stand in a configuration file. */
export const CONFIGURABLE: readonly OptionName[] = OPTION_NAMES.filter(
  (name) => OPTIONS[name].isConfigurable === true,
)

/** @throws SdkError SDK_USAGE that names the file, the line, what was expected and what was found */
export async function readConfiguration(world: ConfigWorld): Promise<Configuration> {
  const said: Record<string, GivenOptions[OptionName]> = {}
  const origins: Partial<Record<OptionName, Origin>> = {}
  const places: (ConfigPlace & { exists: boolean })[] = []
  for (const place of configPlaces(world)) {
    const text = await readConfigFile(place, world)
    places.push({ ...place, exists: text !== undefined })
    // A file that does not count here is wrong nevertheless.
    for (const { name, value, line } of readText(place.file, text ?? ''))
      if (origins[name] === undefined) {
        said[name] = value
        origins[name] = { ...place, line }
      }
  }
  return { said, origins, places }
}

interface Entry {
  readonly name: OptionName
  readonly value: GivenOptions[OptionName]
  readonly line: number
}

function readText(file: string, text: string): Entry[] {
  const toml = parsed(file, text)
  const locate = createLocator(text)
  return Object.entries(toml).map(([key, value]) => {
    const { line } = locate([key])
    const name = knownName(key, `${file}:${line}`)
    return { name, line, value: toSaid(name, value, { file, line }) }
  })
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text, { unsafeKeyBehaviour: 'throw' })
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [first = ''] = error.message.split('\n')
    const message = first.replace(/^Invalid TOML document: /, 'not valid TOML: ')
    throw new SdkError('SDK_USAGE', `${file}:${error.line}:${error.column}: ${message}`, { cause: error })
  }
}

function knownName(key: string, place: string): OptionName {
  if (isOptionName(key) && CONFIGURABLE.includes(key)) return key
  const why = isOptionName(key)
    ? `--${key} can be given on the command line only`
    : `expected the name of an option, found ${JSON.stringify(key)}${didYouMean(key, CONFIGURABLE)}`
  throw new SdkError('SDK_USAGE', `${place}: ${why}`, {
    hint: `these may stand in a configuration file: ${CONFIGURABLE.join(', ')}`,
  })
}

interface Place {
  readonly file: string
  readonly line: number
}

function toSaid(name: OptionName, value: unknown, place: Place): GivenOptions[OptionName] {
  const option = OPTIONS[name]
  return hasValue(option)
    ? toTexts(name, option, { ...place, value })
    : toFlag(name, option, { ...place, value })
}

const wrong = ({ file, line }: Place, what: string): SdkError =>
  new SdkError('SDK_USAGE', `${file}:${line}: ${what}`, {
    hint: 'docs/manual.md says what each option may be',
  })

type Given = Place & { readonly value: unknown }

function toFlag(name: OptionName, { levels = [] }: FlagOption, given: Given): boolean | string {
  const { value } = given
  if (typeof value === 'boolean') return value
  const level = levels.find((each) => each === value)
  if (level !== undefined) return level
  const expected = ['true or false', ...levels.map((each) => JSON.stringify(each))].join(', or ')
  throw wrong(given, `${name}: expected ${expected}, found ${describe(value)}`)
}

function toTexts(name: OptionName, option: ValueOption, given: Given): string[] {
  const { value } = given
  const isList = option.repeatable === true
  const all = isList && Array.isArray(value) ? (value as unknown[]) : [value]
  return all.map((each) => {
    const text = typeof each === 'bigint' || Number.isInteger(each) ? String(each) : each
    if (typeof text !== 'string' || text === '')
      throw wrong(
        given,
        `${name}: expected ${option.placeholder}${isList ? ', or a list of such' : ''}, found ${describe(each)}`,
      )
    const meant = option.parse === toPath ? fromFile(name, text, given.file) : text
    try {
      option.parse(meant, name)
    } catch (error) {
      if (!(error instanceof SdkError)) throw error
      throw wrong(given, error.message.replace(/^--/, ''))
    }
    return meant
  })
}

/** Relative paths begin at the folder of the file that they are in. */
const fromFile = (name: OptionName, text: string, file: string): string =>
  name === 'sdk' && isShipped(text) ? text : path.resolve(path.dirname(file), text)
