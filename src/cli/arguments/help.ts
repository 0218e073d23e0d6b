// The help texts, made from the tables. Fixed width and no colours: the same text everywhere.

import { Command, Option } from 'commander'
import { OPTION_NAMES, type OptionName, optionFlags, optionFor, optionsOf } from './options/table.js'
import { STAGES_VARIABLES, VERB_NAMES, VERBS, type Verb, type VerbName } from './verbs.js'

/** Columns of the help. */
const WIDTH = 100

/** Ends of the command and what they mean. */
export const EXITS: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'ok'],
  ['2', 'usage or definition'],
  ['3', 'the host lacks something'],
  ['4', 'bad input'],
  ['5', 'a stage failed'],
  ['6', 'out of space'],
  ['7', 'verification failed'],
  ['8', 'publishing failed'],
  ['70', 'internal'],
  ['75', 'locked'],
  ['129/130/143', 'ended by a signal'],
]

const WRITING = `Dashes and underscores in option names are the same, and an unambiguous beginning of a name will do.
A boolean is switched off by --no before its name. The last occurrence of an option wins.`

const VERSIONS = `V is ID or ID+BUILD_ID, as in 2783.0.0+2021-02-26-1321; at most 100 characters. ID is numbers joined
by dots. BUILD_ID is letters, digits, ".", "_" and "-", beginning with a letter or digit.`

const MORE = 'More, with files and exit codes: docs/manual.md and docs/verbs.md, or man bootstrap_sdk'

/** The help of the whole command, or that of one verb: how it is called, by examples; its options; what else has a say. */
export function helpText(verb?: VerbName): string {
  const command = describeCommand(verb)
  command.helpOption(false).helpCommand(false)
  command.configureOutput({ getOutHelpWidth: () => WIDTH, getOutHasColors: () => false })
  for (const name of optionsOf(verb ?? 'build')) command.addOption(describeOption(name, verb ?? 'build'))
  const [usage, description, ...rest] = command.helpInformation().trimEnd().split('\n\n')
  const notes =
    verb === undefined ? [WRITING, VERSIONS] : optionsOf(verb).includes('version') ? [VERSIONS] : []
  const ends = verb === undefined ? [exitLines()] : []
  const parts = [
    usage,
    description,
    examplesText(verb),
    ...rest,
    ...notes,
    ...variablesText(verb),
    ...ends,
    MORE,
  ]
  return `${parts.join('\n\n')}\n`
}

function describeCommand(verb: VerbName | undefined): Command {
  if (verb !== undefined) {
    const { operands, summary } = VERBS[verb]
    return new Command(`bootstrap_sdk ${verb}`)
      .usage(`[options] ${operands}`.trim())
      .description(sentence(summary))
  }
  const command = new Command('bootstrap_sdk')
    .usage(`[verb] [options] ${VERBS.build.operands}`)
    .description('Builds an SDK from its predecessor, in four stages. Without stages: all of the definition.')
  command.commandsGroup('Verbs:')
  for (const name of VERB_NAMES) {
    const { operands, summary } = VERBS[name]
    command.command(name).summary(summary).description(summary).usage(operands).helpOption(false)
  }
  return command
}

function describeOption(name: OptionName, verb: VerbName): Option {
  const { help, default: byDefault } = optionFor(name, verb)
  return new Option(
    optionFlags(name, verb),
    byDefault === undefined ? help : `${help} (default: ${byDefault})`,
  )
}

/** Words as a sentence. */
export const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`

/** The examples of a verb; of the whole command the first of each. */
export function examplesOf(verb: VerbName | undefined): Verb['examples'] {
  const examples = (name: VerbName): Verb['examples'] => VERBS[name].examples
  if (verb !== undefined) return examples(verb)
  return VERB_NAMES.flatMap((name) => examples(name).slice(0, name === 'build' ? undefined : 1))
}

function examplesText(verb: VerbName | undefined): string {
  const examples = examplesOf(verb)
  const width = Math.max(...examples.map(([command]) => command.length))
  return [
    'Examples:',
    ...examples.map(([command, meaning]) => `  ${command.padEnd(width)}  ${meaning}`),
  ].join('\n')
}

/** The variables of the environment that have a say about a verb, and what each means. */
export function variablesOf(verb: VerbName | undefined): [name: string, meaning: string][] {
  const takesStages = verb === undefined || ['build', 'fetch', 'plan'].includes(verb)
  const options = verb === undefined ? OPTION_NAMES : optionsOf(verb)
  return [
    takesStages ? STAGES_VARIABLES : {},
    ...options.map((name) => optionFor(name, verb).variables ?? {}),
  ].flatMap((each) => Object.entries(each))
}

function variablesText(verb: VerbName | undefined): string[] {
  const variables = variablesOf(verb)
  const width = Math.max(...variables.map(([name]) => name.length))
  const rows = variables.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`)
  return rows.length === 0 ? [] : [['Environment:', ...rows].join('\n')]
}

function exitLines(): string {
  const lines = ['Exit codes:']
  for (const [code, meaning] of EXITS) {
    const last = lines.at(-1) ?? ''
    const word = `${code} ${meaning}${code === EXITS.at(-1)?.[0] ? '' : ','}`
    if (last.length + word.length + 1 <= WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`  ${word}`)
  }
  return lines.join('\n')
}
