// From the operands of a verb to an invocation: stages, places to enter, files.

import { SdkError } from '../../errors.js'
import { quotedCommand } from '../../process/own-command.js'
import { didYouMean } from '../../sdk/nearest.js'
import { isStage, STAGES, type StageName } from '../../sdk/stages.js'
import type { AskedOptions, Invocation, StoreAction } from '../invocation.js'
import { quoted } from './quoted.js'
import { isVerb, SHELLS, type Shell, VERB_NAMES, VERBS, type VerbName } from './verbs.js'

/** What a verb is called with. */
export interface Call {
  readonly operands: readonly string[]
  /** What follows `--`, of a verb that takes a command there. */
  readonly command: readonly string[]
  readonly asked: AskedOptions
  /** FORCE_STAGES of the environment: stages in place of those on the line, if there are any. */
  readonly forceStages: readonly string[]
}

/** @throws SdkError SDK_USAGE for an operand that the verb does not take */
export function toInvocation(verb: VerbName, { operands, command, asked, forceStages }: Call): Invocation {
  switch (verb) {
    case 'build':
    case 'fetch':
    case 'plan':
      return { kind: verb, stages: toStages(operands, forceStages), ...asked }
    case 'enter':
      return { kind: verb, target: toTarget(verb, operands), command, ...asked }
    case 'export':
      return { kind: verb, target: toTarget(verb, operands), ...asked }
    case 'store':
      return { kind: verb, action: toStoreAction(operands), ...asked }
    case 'verify':
      return { kind: verb, files: operands.map((file) => toFile(verb, file)), ...asked }
    case 'compare':
      return { kind: verb, operands: toPair(operands), ...asked }
    case 'log':
      return { kind: verb, package: toPackage(verb, operands), ...asked }
    case 'why':
      return { kind: verb, package: requirePackage(toPackage(verb, operands)), ...asked }
    case 'report':
      return { kind: verb, compare: toVersions(operands, asked.options.compare), ...asked }
    case 'collect-logs':
      return { kind: verb, file: toBundle(operands), ...asked }
    case 'init':
      return { kind: verb, folder: toFolder(operands), ...asked }
    case 'config':
      requireShow(operands)
      return { kind: verb, ...asked }
    case 'completion':
      return { kind: verb, shell: toShell(operands) }
    default:
      refuseOperands(verb, operands)
      return { kind: verb, ...asked }
  }
}

/** The stages named, each once and in the order in which they run, whatever the order on the line. */
function toStages(operands: readonly string[], forced: readonly string[]): StageName[] {
  for (const word of operands) if (!isStage(word)) throw unknownWord(word)
  for (const word of forced) {
    if (isStage(word)) continue
    const message = `FORCE_STAGES: ${quoted(word)} is not a stage${didYouMean(word, STAGES)}`
    throw new SdkError('SDK_USAGE', message, { hint: `the stages are ${STAGES.join(', ')}` })
  }
  const words = forced.length > 0 ? forced : operands
  return STAGES.filter((stage) => words.includes(stage))
}

/** What other programs call such things: mkosi, bitbake, container engines, package managers. */
const ELSEWHERE: Readonly<Record<string, VerbName>> = {
  ...{ shell: 'enter', devshell: 'enter', chroot: 'enter', run: 'enter', exec: 'enter' },
  ...{ list: 'status', ls: 'status', logs: 'log', summary: 'plan', diff: 'compare', check: 'verify' },
  ...{ download: 'fetch', prune: 'clean', gc: 'clean', new: 'init' },
}

function unknownWord(word: string): SdkError {
  if (isVerb(word)) {
    return new SdkError('SDK_USAGE', `the verb "${word}" has to come first, found it after other words`)
  }
  const verb = Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : undefined
  const advice =
    verb === undefined
      ? didYouMean(word, [...STAGES, ...VERB_NAMES, 'help'])
      : `; here that is ${quoted(verb)}`
  return new SdkError('SDK_USAGE', `${quoted(word)} is neither a stage nor a verb${advice}`, {
    hint: `the stages are ${STAGES.join(', ')}; the verbs are ${VERB_NAMES.join(', ')}`,
  })
}

function toTarget(verb: 'enter' | 'export', operands: readonly string[]): StageName | 'sdk' {
  const [target = 'sdk', ...more] = operands
  refuseOperands(verb, more)
  if (target === 'sdk' || isStage(target)) return target
  const places = [...STAGES, 'sdk']
  const message = `${verb}: there is no ${quoted(target)}${didYouMean(target, places)}`
  throw new SdkError('SDK_USAGE', message, { hint: `one of ${places.join(', ')} can be ${verb}ed` })
}

const STORE_ACTIONS = ['ls', 'push', 'pull', 'gc'] as const

function toStoreAction([word = '', ...rest]: readonly string[]): StoreAction {
  const what = STORE_ACTIONS.find((each) => each === word)
  if (what === undefined) {
    const found = word === '' ? 'none' : `${quoted(word)}${didYouMean(word, STORE_ACTIONS)}`
    throw new SdkError('SDK_USAGE', `store: expected one of ${STORE_ACTIONS.join(', ')}, found ${found}`, {
      hint: `${quotedCommand(['store', '--help'])} says what each does`,
    })
  }
  if (what === 'push') return { what, stages: toStages(rest, []) }
  if (what !== 'pull') {
    refuseOperands('store', rest)
    return what === 'ls' ? { what } : { what }
  }
  const [key = '', folder = '', ...more] = rest
  refuseOperands('store', more)
  if (!/^[0-9a-f]{8,64}$/.test(key) || folder === '')
    throw new SdkError(
      'SDK_USAGE',
      `store pull: expected a KEY, at least its first 8 digits, and a DIR, found ${rest.length === 0 ? 'none' : quoted(rest.join(' '))}`,
      {
        hint: `${quotedCommand(['store', 'ls'])} lists the keys`,
      },
    )
  return { what, key, folder }
}

function toFolder([folder, ...more]: readonly string[]): string {
  refuseOperands('init', more)
  if (folder !== undefined && folder !== '') return folder
  throw new SdkError('SDK_USAGE', 'init: expected the folder of the new definition, found none', {
    hint: `${quotedCommand(['init', 'my-sdk'])} makes ./my-sdk`,
  })
}

/** A name, with or without category and version, as Portage writes it. */
const PACKAGE = /^(?:[A-Za-z0-9_][\w+.-]*\/)?[A-Za-z0-9_][\w+.-]*$/

function toPackage(verb: 'log' | 'why', [name, ...more]: readonly string[]): string | undefined {
  refuseOperands(verb, more)
  if (name === undefined || PACKAGE.test(name)) return name
  const message = `${verb}: expected a package as name or category/name, with or without its version, found`
  throw new SdkError('SDK_USAGE', `${message} ${quoted(name)}`)
}

function requirePackage(name: string | undefined): string {
  if (name !== undefined) return name
  throw new SdkError('SDK_USAGE', 'why: expected a package, found none', {
    hint: `${quotedCommand(['why', 'sys-libs/zlib'])} says why that one is there`,
  })
}

function toBundle([file, ...more]: readonly string[]): string | undefined {
  refuseOperands('collect-logs', more)
  if (file !== '') return file
  throw new SdkError('SDK_USAGE', 'collect-logs: expected the path of an archive to be written, found ""')
}

function requireShow([word, ...more]: readonly string[]): void {
  refuseOperands('config', more)
  if (word !== 'show')
    throw new SdkError(
      'SDK_USAGE',
      `config: expected show, found ${word === undefined ? 'nothing' : quoted(word)}`,
    )
}

function toShell([word, ...more]: readonly string[]): Shell {
  refuseOperands('completion', more)
  const shell = SHELLS.find((each) => each === word)
  if (shell !== undefined) return shell
  throw new SdkError(
    'SDK_USAGE',
    `completion: expected one of ${SHELLS.join(', ')}, found ${quoted(word ?? '')}`,
  )
}

function toFile(verb: VerbName, file: string): string {
  if (file !== '') return file
  throw new SdkError('SDK_USAGE', `${verb}: expected the path of an archive, found ""`)
}

function toPair(operands: readonly string[]): [string, string] {
  const [a, b, ...more] = operands
  refuseOperands('compare', more)
  if (a !== undefined && b !== undefined) return [toFile('compare', a), toFile('compare', b)]
  const found = operands.length === 0 ? 'none' : `only ${quoted(a ?? '')}`
  throw new SdkError('SDK_USAGE', `compare: expected two operands, A and B, found ${found}`)
}

function toVersions(operands: readonly string[], isAsked: boolean): [string, string] | undefined {
  const [a, b, ...more] = operands
  if (!isAsked) {
    if (a === undefined) return undefined
    throw new SdkError('SDK_USAGE', `report: expected --compare before two versions, found ${quoted(a)}`, {
      hint: `the report of one version is ${quotedCommand(['report', '--version', a])}`,
    })
  }
  refuseOperands('report', more)
  if (a !== undefined && b !== undefined) return [a, b]
  const found = a === undefined ? 'none' : `only ${quoted(a)}`
  throw new SdkError('SDK_USAGE', `report --compare: expected two versions, found ${found}`)
}

function refuseOperands(verb: VerbName, [word]: readonly string[]): void {
  if (word === undefined) return
  const operands: string = VERBS[verb].operands
  const expected = operands === '' ? 'no operands' : operands
  throw new SdkError('SDK_USAGE', `${verb}: expected ${expected}, found ${quoted(word)} as well`)
}
