// From the arguments of the command to an invocation. Pure: prints nothing, ends nothing, looks at no file.

import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import { SdkError } from '../errors.js'
import { STAGES, type StageName } from '../sdk/definition.js'
import { didYouMean } from '../sdk/nearest.js'
import { parseVersion } from '../sdk/version.js'
import { canonicalArguments } from './dashes.js'
import { helpText } from './help.js'
import type { Invocation, Options } from './invocation.js'
import {
  DEFAULT_SDK,
  FLAG_OPTIONS,
  type FlagName,
  isFlagName,
  type OptionName,
  optionFlags,
  SHORT_FORMS,
  VALUE_OPTIONS,
  type ValueName,
} from './option-table.js'
import { toCompression, toJobs, toMirror, toPath, toProfile, toRunner } from './values.js'
import { isVerb, VERB_NAMES, VERBS, type VerbName } from './verbs.js'

/** The environment of the command. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a command line.
 *
 * @param argv the arguments after the program
 * @param env NUM_JOBS is read
 * @param cpus what `jobs` is when nothing says it
 * @throws SdkError SDK_USAGE that names what is wrong, and what was probably meant
 */
export function parseCommandLine(
  argv: readonly string[],
  env: Environment,
  cpus: number = availableParallelism(),
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
  const options = toOptions(given, env, cpus)
  return toInvocation(verb, isVerb(first) ? rest : operands, options)
}

/** What the parser leaves behind, by option. */
type Given = Partial<Record<Exclude<ValueName, 'mirror'>, string>> &
  Record<FlagName, boolean> & { mirror: string[] }

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

function toOptions(given: Given, env: Environment, cpus: number): Options {
  const path = (name: Exclude<ValueName, 'mirror'>): string | undefined => {
    const text = given[name]
    return text === undefined ? undefined : toPath(name, text)
  }
  return {
    catalystRoot: path('catalyst_root') ?? './build/catalyst',
    portageStable: path('portage_stable'),
    coreosOverlay: path('coreos_overlay'),
    seedTarball: path('seed_tarball'),
    version: given.version === undefined ? undefined : parseVersion(given.version),
    profile: given.profile === undefined ? undefined : toProfile(given.profile),
    sdk: path('sdk') ?? DEFAULT_SDK,
    compression: given.compression === undefined ? undefined : toCompression(given.compression),
    jobs: toJobs(given.jobs, env.NUM_JOBS, cpus),
    mirrors: given.mirror.map(toMirror),
    runner: toRunner(given.runner ?? 'native'),
    rebuild: given.rebuild,
    exact: given.exact,
    debug: given.debug,
    json: given.json,
    hostSetup: given.host_setup,
  }
}

function toInvocation(verb: VerbName, operands: readonly string[], options: Options): Invocation {
  switch (verb) {
    case 'build':
    case 'fetch':
    case 'plan':
      return { kind: verb, stages: toStages(operands), options }
    case 'enter':
      return { kind: verb, target: toTarget(operands), options }
    case 'verify':
      return { kind: verb, files: operands.map((file) => toFile(file)), options }
    default:
      refuseOperands(verb, operands)
      return { kind: verb, options }
  }
}

/** The stages named, each once and in the order in which they run, whatever the order on the line. */
function toStages(operands: readonly string[]): StageName[] {
  for (const word of operands) if (!isStage(word)) throw unknownWord(word)
  return STAGES.filter((stage) => operands.includes(stage))
}

const isStage = (word: string): word is StageName => (STAGES as readonly string[]).includes(word)

function unknownWord(word: string): SdkError {
  if (isVerb(word)) {
    return new SdkError('SDK_USAGE', `the verb "${word}" has to come first, found it after other words`)
  }
  const advice = didYouMean(word, [...STAGES, ...VERB_NAMES, 'help'])
  return new SdkError('SDK_USAGE', `${JSON.stringify(word)} is neither a stage nor a verb${advice}`, {
    hint: `the stages are ${STAGES.join(', ')}; the verbs are ${VERB_NAMES.join(', ')}`,
  })
}

function toTarget(operands: readonly string[]): StageName | 'sdk' {
  const [target = 'sdk', ...more] = operands
  refuseOperands('enter', more)
  if (target === 'sdk' || isStage(target)) return target
  const places = [...STAGES, 'sdk']
  const message = `enter: there is no ${JSON.stringify(target)}${didYouMean(target, places)}`
  throw new SdkError('SDK_USAGE', message, { hint: `one of ${places.join(', ')} can be entered` })
}

function toFile(file: string): string {
  if (file !== '') return file
  throw new SdkError('SDK_USAGE', 'verify: expected the path of an archive, found ""')
}

function refuseOperands(verb: VerbName, [word]: readonly string[]): void {
  if (word === undefined) return
  const operands = VERBS[verb].operands
  const expected = operands === '' ? 'no operands' : operands
  throw new SdkError('SDK_USAGE', `${verb}: expected ${expected}, found ${JSON.stringify(word)} too much`)
}
