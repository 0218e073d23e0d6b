// What there is to say of an option, and what follows from it: the type of the parsed options.

import type { VerbName } from '../verbs.js'

/**
 * What becomes of an option that was given, for later runs of the version (cli/request/recall.ts): `basis`, finished stages rest on
 * it, and another one contradicts them; `run`, it is had until another is given; `task`, it is had until the run that it was given
 * to has come to its end. Else why nothing of it is kept.
 */
type Kept = 'basis' | 'run' | 'task' | { readonly not: string }

/** What is said of an option. */
interface Words {
  readonly placeholder?: string
  readonly help?: string
  readonly manual?: string
  readonly default?: string
  readonly variables?: Readonly<Record<string, string>>
}

interface Described {
  /** One sentence for the help, without the default. */
  readonly help: string
  /** The same at length, in Markdown, for the manual; else the help. */
  readonly manual?: string
  /** The default in words. */
  readonly default?: string
  readonly short?: `-${string}`
  /** The verbs that take it; others refuse it. */
  readonly verbs: readonly VerbName[]
  /**
   * Whether Flatcar's command has it. A beginning of a name that is unambiguous among those means the same here as there,
   * whatever options this command has besides (`--ver` is `--version`, though there is `--version_info`).
   */
  readonly flatcar: boolean
  /** True where it goes with `--file SPEC`; else why it does not, for the message. */
  readonly spec: true | string
  /** What of it a later run of the same version has without being told. */
  readonly kept: Kept
  /** It may stand in a configuration file (cli/config/read.ts). */
  readonly isConfigurable?: true
  /** The option that stands in its place where that is given now. */
  readonly instead?: string
  /** Variables of the environment that stand in for it or have a say beside it (cli/environment.ts), and how: for the help. */
  readonly variables?: Readonly<Record<string, string>>
  /** What the help of a verb says in place of the rest, where it means another thing there or has another default. */
  readonly per?: Readonly<Partial<Record<VerbName, Words>>>
  /** False where no command is told of it: it has no effect, or is dealt with before there is a command. */
  readonly isPassedOn?: false
}

/** An option with a value. The last occurrence wins. */
export interface ValueOption extends Described {
  /** The value in the help. */
  readonly placeholder: string
  /** From what was written to what the commands use. @throws SdkError SDK_USAGE when `text` is no value of option `name` */
  readonly parse: (text: string, name: string) => unknown
  /** What it is when it is not given; else undefined. */
  readonly initially?: unknown
  /** All values, where there are few: for completions. */
  readonly values?: readonly string[]
  /** Every occurrence counts. */
  readonly repeatable?: true
  /** What to do where the value is missing; else the help. */
  readonly valueHint?: string
  /** An empty value means that it is not given: Flatcar's callers pass on variables, empty or not. */
  readonly emptyIsNone?: true
}

/** A boolean, `--name` and `--noname`. The last occurrence wins. */
export interface FlagOption extends Described {
  readonly initially: boolean
  /** What it may be besides on and off, written `--name=LEVEL`: on, and more. */
  readonly levels?: readonly string[]
}

/** An option. */
export type Option = ValueOption | FlagOption

/** The same words for each of some verbs. */
export const perVerb = (verbs: readonly VerbName[], words: Words): Partial<Record<VerbName, Words>> =>
  Object.fromEntries(verbs.map((verb) => [verb, words]))

/** What is to be said of an option to the user of a verb: its own words, or those that are for this verb. */
export function wordsFor(option: Option, verb: VerbName | undefined): Option {
  const own = verb === undefined ? undefined : option.per?.[verb]
  if (own === undefined) return option
  // The manual's sentences are of the words that are replaced.
  const { manual, ...others } = option
  return own.help === undefined ? { ...option, ...own } : { ...others, ...own }
}

/** The value that commands get of an option. */
type ValueOf<O> = O extends { parse: (text: string, name: string) => infer V }
  ? O extends { repeatable: true }
    ? readonly V[]
    : V | (O extends { initially: infer I } ? I : undefined)
  : boolean | (O extends { levels: readonly (infer L)[] } ? L : never)

/** `seed_tarball` as `seedTarball`. */
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

/** The parsed options of a table, complete: what was not given is what it is `initially`, or undefined. */
export type InferOptions<Table extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Table & string as Table[Name] extends { isPassedOn: false }
    ? never
    : CamelCase<Name>]: ValueOf<Table[Name]>
}

/** The key of an option in {@link InferOptions}. */
export const camelCase = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
