// The help texts, made from the tables. Fixed width and no colours: the same text everywhere.

import { Command, Option } from 'commander'
import { FLAG_OPTIONS, isValueName, type OptionName, optionFlags, VALUE_OPTIONS } from './option-table.js'
import { VERB_NAMES, VERBS, type VerbName } from './verbs.js'

/** Columns of the help. */
const WIDTH = 100

const NOTES = `Dashes and underscores in option names are the same, and an unambiguous beginning of a name will do.
A boolean is switched off by --no before its name. The last occurrence of an option wins.

V is ID or ID+BUILD_ID, as in 2783.0.0+2021-02-26-1321; at most 100 characters. ID is numbers joined
by dots. BUILD_ID is letters, digits, ".", "_" and "-", beginning with a letter or digit.

Environment:
  NUM_JOBS             default of --jobs
  FORCE_STAGES         stages, in place of those on the command line
  FLATCAR_BUILD_ID     build id of a new version
  COREOS_OFFICIAL      1: a new version is the bare ID
  GENTOO_MIRRORS       where sources are looked for, after --mirror
  FLATCAR_UPLOAD_ROOT  default of --upload_root

Exit codes: 0 ok, 2 usage or definition, 3 the host lacks something, 4 bad input, 5 a stage failed,
  6 out of space, 7 verification failed, 8 publishing failed, 70 internal, 75 locked,
  129/130/143 ended by a signal`

/** The help of the whole command, or that of one verb. */
export function helpText(verb?: VerbName): string {
  const command = describeCommand(verb)
  command.helpOption(false).helpCommand(false)
  command.configureOutput({ getOutHelpWidth: () => WIDTH, getOutHasColors: () => false })
  for (const name of VERBS[verb ?? 'build'].options) command.addOption(describeOption(name))
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
  const { help, ...rest }: { help: string; default?: string } = isValueName(name)
    ? VALUE_OPTIONS[name]
    : FLAG_OPTIONS[name]
  return new Option(
    optionFlags(name),
    rest.default === undefined ? help : `${help} (default: ${rest.default})`,
  )
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
