// The help texts, made from the tables. Fixed width and no colours: the same text everywhere.

import { Command, Option } from 'commander'
import { OPTION_NAMES, OPTIONS, type OptionName, optionFlags, optionsOf } from './options/table.js'
import { STAGES_VARIABLES, VERB_NAMES, VERBS, type VerbName } from './verbs.js'

/** Columns of the help. */
const WIDTH = 100

const NOTES = `Dashes and underscores in option names are the same, and an unambiguous beginning of a name will do.
A boolean is switched off by --no before its name. The last occurrence of an option wins.

V is ID or ID+BUILD_ID, as in 2783.0.0+2021-02-26-1321; at most 100 characters. ID is numbers joined
by dots. BUILD_ID is letters, digits, ".", "_" and "-", beginning with a letter or digit.

Environment:
${variableLines().join('\n')}

Exit codes: 0 ok, 2 usage or definition, 3 the host lacks something, 4 bad input, 5 a stage failed,
  6 out of space, 7 verification failed, 8 publishing failed, 70 internal, 75 locked,
  129/130/143 ended by a signal`

/** The help of the whole command, or that of one verb. */
export function helpText(verb?: VerbName): string {
  const command = describeCommand(verb)
  command.helpOption(false).helpCommand(false)
  command.configureOutput({ getOutHelpWidth: () => WIDTH, getOutHasColors: () => false })
  for (const name of optionsOf(verb ?? 'build')) command.addOption(describeOption(name))
  return `${command.helpInformation()}\n${NOTES}\n`
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

function describeOption(name: OptionName): Option {
  const { help, default: byDefault } = OPTIONS[name]
  return new Option(optionFlags(name), byDefault === undefined ? help : `${help} (default: ${byDefault})`)
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`

function variableLines(): string[] {
  const variables = [STAGES_VARIABLES, ...OPTION_NAMES.map((name) => OPTIONS[name].variables ?? {})]
  return variables
    .flatMap((each) => Object.entries(each))
    .map(([name, meaning]) => `  ${name.padEnd(19)}  ${meaning}`)
}
