// From the arguments of the command to an invocation. Pure: prints nothing, ends nothing, looks at no file.

import { Command, Option } from 'commander'
import { SdkError } from '../../errors.js'
import { didYouMean } from '../../sdk/nearest.js'
import type { Environment } from '../environment.js'
import type { Invocation } from '../invocation.js'
import { canonicalArguments } from './dashes.js'
import { helpText } from './help.js'
import { toInvocation } from './operands.js'
import {
  FLAG_OPTIONS,
  type FlagName,
  isFlagName,
  type OptionName,
  optionFlags,
  SHORT_FORMS,
  VALUE_OPTIONS,
  type ValueName,
} from './option-table.js'
import { type Given, toOptions } from './typed-options.js'
import { isVerb, VERB_NAMES, VERBS, type VerbName } from './verbs.js'

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
  const command = createParser()
  const { operands, unknown } = command.parseOptions(canonicalArguments(argv))
  const given = command.opts<Given>()
  const [first, ...rest] = operands
  if (first === 'help') return { kind: 'help', text: helpText(helpTopic(rest)) }
  const verb = isVerb(first) ? first : 'build'
  if (given.help) return { kind: 'help', text: helpText(isVerb(first) ? first : undefined) }
  if (given.version_info) return { kind: 'tool-version' }
  refuseUnknown(unknown[0], verb)
  refuseForeign(command, verb)
  const options = toOptions(given)
  return toInvocation(verb, { operands: isVerb(first) ? rest : operands, options, forceStages })
}

/** One parser for all verbs: options and operands may come in any order, so the verb is known only afterwards. */
function createParser(): Command {
  const command = new Command('bootstrap_sdk').helpOption(false).exitOverride()
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} })
  for (const name of Object.keys(VALUE_OPTIONS) as ValueName[]) {
    const option = new Option(`--${name} <value>`)
    if (name === 'mirror') option.default([]).argParser((url, urls: string[]) => [...urls, url])
    command.addOption(option)
  }
  for (const name of Object.keys(FLAG_OPTIONS) as FlagName[]) {
    const short = SHORT_FORMS[name] === undefined ? '' : `${SHORT_FORMS[name]}, `
    command.addOption(new Option(`${short}--${name}`).default(FLAG_OPTIONS[name].initially))
    command.addOption(new Option(`--no-${name}`))
  }
  return command
}

function helpTopic([topic]: readonly string[]): VerbName | undefined {
  if (topic === undefined || isVerb(topic)) return topic
  throw new SdkError(
    'SDK_USAGE',
    `help: there is no verb ${JSON.stringify(topic)}${didYouMean(topic, VERB_NAMES)}`,
    { hint: `the verbs are ${VERB_NAMES.join(', ')}` },
  )
}

function refuseUnknown(argument: string | undefined, verb: VerbName): void {
  if (argument === undefined) return
  const [written = argument] = argument.split('=')
  const known = VERBS[verb].options.map((name) => {
    const isOnByDefault = isFlagName(name) && FLAG_OPTIONS[name].initially
    return isOnByDefault ? `--no_${name}` : `--${name}`
  })
  throw new SdkError('SDK_USAGE', `unknown option ${JSON.stringify(written)}${didYouMean(written, known)}`, {
    hint: `\`bootstrap_sdk ${verb} --help\` lists all options`,
  })
}

/** An option that exists, but not for this verb, would have no effect: it is refused rather than ignored. */
function refuseForeign(command: Command, verb: VerbName): void {
  const own: readonly OptionName[] = VERBS[verb].options
  const names = [...Object.keys(VALUE_OPTIONS), ...Object.keys(FLAG_OPTIONS)] as OptionName[]
  const foreign = names.find((name) => command.getOptionValueSource(name) === 'cli' && !own.includes(name))
  if (foreign === undefined) return
  throw new SdkError('SDK_USAGE', `${verb} has no option --${foreign}`, {
    hint: `it has ${own.map(optionFlags).join(', ')}`,
  })
}
