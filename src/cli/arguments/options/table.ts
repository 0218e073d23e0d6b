// The options of the command as data, a row each: the one place to add one. Parser, help, messages and the type of the parsed
// options follow from it. Names have underscores, as Flatcar writes them; dashes.ts takes both.

import { VERB_NAMES, type VerbName } from '../verbs.js'
import { EXPORT_OPTIONS } from './export.js'
import { INPUT_OPTIONS } from './input.js'
import { KEEP_OPTIONS } from './keep.js'
import { camelCase, type InferOptions, type Option, type ValueOption, wordsFor } from './option.js'
import { PLACE_OPTIONS } from './place.js'
import { PUBLISH_OPTIONS } from './publish.js'
import { REPORT_OPTIONS } from './report.js'
import { RUN_OPTIONS } from './run.js'
import { STORE_OPTIONS } from './store.js'

const TABLE = {
  ...PLACE_OPTIONS,
  ...INPUT_OPTIONS,
  ...RUN_OPTIONS,
  ...KEEP_OPTIONS,
  ...REPORT_OPTIONS,
  ...PUBLISH_OPTIONS,
  ...STORE_OPTIONS,
  ...EXPORT_OPTIONS,
  help: {
    initially: false,
    help: 'show this text',
    short: '-h',
    verbs: VERB_NAMES,
    flatcar: true,
    spec: true,
    kept: { not: 'builds nothing' },
    isPassedOn: false,
  },
  version_info: {
    initially: false,
    help: 'show the version of this program',
    manual: 'Show the version of this program (not of an SDK).',
    short: '-V',
    verbs: VERB_NAMES,
    flatcar: false,
    spec: true,
    kept: { not: 'builds nothing' },
    isPassedOn: false,
  },
} as const satisfies Record<string, Option>

/** Name of an option. */
export type OptionName = keyof typeof TABLE

/** Name of an option that finished stages rest on. */
export type BasisName = {
  [Name in OptionName]: (typeof TABLE)[Name]['kept'] extends 'basis' ? Name : never
}[OptionName]

/** The options by name, in the order of the help. */
export const OPTIONS: Readonly<Record<OptionName, Option>> = TABLE

/** All names, in the order of the help. */
export const OPTION_NAMES = Object.keys(TABLE) as OptionName[]

/**
 * The options of an invocation. Paths are as given, relative to the working directory; undefined leaves the choice to the
 * definition, to the environment or to what is there.
 */
export type Options = InferOptions<typeof TABLE>

/** Whether `name` is that of an option. */
export const isOptionName = (name: string): name is OptionName => Object.hasOwn(TABLE, name)

/** Whether an option has a value; else it is a boolean. */
export const hasValue = (option: Option): option is ValueOption => 'placeholder' in option

/** Whether `name` is that of a boolean. */
export const isFlagName = (name: string): name is OptionName => isOptionName(name) && !hasValue(OPTIONS[name])

/** The names of the options that a verb takes. */
export const optionsOf = (verb: VerbName): OptionName[] =>
  OPTION_NAMES.filter((name) => OPTIONS[name].verbs.includes(verb))

/** How an option is written on the command line so that it changes something: the name of a boolean that is on has a `no`. */
export const changingName = (name: OptionName): string =>
  OPTIONS[name].initially === true ? `--no_${name}` : `--${name}`

/** What is to be said of an option, in the words for the user of `verb` where there are some. */
export const optionFor = (name: OptionName, verb: VerbName | undefined): Option =>
  wordsFor(OPTIONS[name], verb)

/** How an option is shown. */
export function optionFlags(name: OptionName, verb?: VerbName): string {
  const option = optionFor(name, verb)
  const short = option.short === undefined ? '' : `${option.short}, `
  const value = hasValue(option)
    ? ` <${option.placeholder}>`
    : (option.levels ?? []).map((level) => `[=${level}]`).join('')
  return `${short}${changingName(name)}${value}`
}

/** The options that were given and do not go with `--file SPEC`, with the reason of each. */
export function refusedWithSpec(options: Options): { name: OptionName; reason: string }[] {
  const values: Readonly<Record<string, unknown>> = options
  return OPTION_NAMES.flatMap((name) => {
    const { spec, initially } = OPTIONS[name]
    return spec === true || values[camelCase(name)] === initially ? [] : [{ name, reason: spec }]
  })
}
