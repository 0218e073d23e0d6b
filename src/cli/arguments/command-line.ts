// From the arguments of the command to an invocation. Pure: prints nothing, ends nothing, looks at no file.

import { Command, Option } from 'commander'
import { SdkError } from '../../errors.js'
import { quotedCommand } from '../../process/own-command.js'
import { didYouMean } from '../../sdk/nearest.js'
import type { Environment } from '../environment.js'
import type { Invocation } from '../invocation.js'
import { canonicalArguments } from './dashes.js'
import { helpText } from './help.js'
import { toInvocation } from './operands.js'
import {
  changingName,
  hasValue,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  optionFlags,
  optionsOf,
} from './options/table.js'
import { quoted } from './quoted.js'
import { type GivenOptions, toOptions } from './typed-options.js'
import { isVerb, takesCommand, VERB_NAMES, type VerbName } from './verbs.js'

/**
 * Reads a command line.
 *
 * @param argv the arguments after the program
 * @throws SdkError SDK_USAGE that names what is wrong, and what was probably meant
 */
export function parseCommandLine(
  argv: readonly string[],
  { forceStages }: Pick<Environment, 'forceStages'>,
): Invocation {
  const parser = createParser()
  const { words, command } = splitCommand(argv)
  const { operands, unknown } = parser.parseOptions(canonicalArguments(words))
  const given = parser.opts<{ help?: boolean; version_info?: boolean }>()
  const [first, ...rest] = operands
  if (first === 'help') return { kind: 'help', text: helpText(helpTopic(rest)) }
  const verb = isVerb(first) ? first : 'build'
  if (given.help) return { kind: 'help', text: helpText(isVerb(first) ? first : undefined) }
  if (given.version_info) return { kind: 'tool-version' }
  refuseUnknown(unknown[0], verb)
  refuseForeign(parser, verb)
  const said = saidOn(parser)
  return toInvocation(verb, {
    operands: isVerb(first) ? rest : operands,
    command,
    asked: { options: toOptions(said), said },
    forceStages,
  })
}

/** What follows `--` is a command of its own for a verb that takes one; for others operands, as ever. */
function splitCommand(argv: readonly string[]): { words: readonly string[]; command: readonly string[] } {
  const end = argv.indexOf('--')
  const words = argv.slice(0, end)
  return end >= 0 && words.some((word) => isVerb(word) && takesCommand(word))
    ? { words, command: argv.slice(end + 1) }
    : { words: argv, command: [] }
}

/** What was given on the line. The last occurrence wins, but for options that may be given several times: an empty one takes the others back. */
function saidOn(command: Command): GivenOptions {
  const values = command.opts<Record<string, unknown>>()
  return Object.fromEntries(
    OPTION_NAMES.filter((name) => command.getOptionValueSource(name) === 'cli').flatMap(
      (name): [string, GivenOptions[OptionName]][] => {
        const value = values[name] as readonly string[] | boolean | string
        if (typeof value !== 'object') return [[name, value]]
        const option = OPTIONS[name]
        const texts = hasValue(option) && option.repeatable === true ? value : value.slice(-1)
        return texts[0] === '' ? [] : [[name, texts]]
      },
    ),
  )
}

/** One parser for all verbs: options and operands may come in any order, so the verb is known only afterwards. */
function createParser(): Command {
  const command = new Command('bootstrap_sdk').helpOption(false).exitOverride()
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} })
  for (const name of OPTION_NAMES) {
    const option = OPTIONS[name]
    if (hasValue(option)) {
      // All occurrences are kept: which of them count is said by the table.
      const all = (text: string, texts: readonly string[]): string[] => [...texts, text]
      command.addOption(new Option(`--${name} <value>`).default([]).argParser(all))
      continue
    }
    const short = option.short === undefined ? '' : `${option.short}, `
    const level = option.levels === undefined ? '' : ' [level]'
    command.addOption(new Option(`${short}--${name}${level}`).default(option.initially))
    command.addOption(new Option(`--no-${name}`))
  }
  return command
}

function helpTopic([topic]: readonly string[]): VerbName | undefined {
  if (topic === undefined || isVerb(topic)) return topic
  throw new SdkError('SDK_USAGE', `help: there is no verb ${quoted(topic)}${didYouMean(topic, VERB_NAMES)}`, {
    hint: `the verbs are ${VERB_NAMES.join(', ')}`,
  })
}

function refuseUnknown(argument: string | undefined, verb: VerbName): void {
  if (argument === undefined) return
  const [written = argument] = argument.split('=')
  const known = optionsOf(verb).map(changingName)
  throw new SdkError('SDK_USAGE', `unknown option ${quoted(written)}${didYouMean(written, known)}`, {
    hint: `${quotedCommand([...(verb === 'build' ? [] : [verb]), '--help'])} lists all options`,
  })
}

/** An option that exists, but not for this verb, would have no effect: it is refused rather than ignored. */
function refuseForeign(command: Command, verb: VerbName): void {
  const own = optionsOf(verb)
  const foreign = OPTION_NAMES.find(
    (name) => command.getOptionValueSource(name) === 'cli' && !own.includes(name),
  )
  if (foreign === undefined) return
  throw new SdkError('SDK_USAGE', `${verb} has no option --${foreign}`, {
    hint: `that is an option of ${OPTIONS[foreign].verbs.join(', ')}; ${verb} has ${own.map((name) => optionFlags(name, verb)).join(', ')}`,
  })
}
