// What a run of a version was asked before, added to what is asked now: `--version V` alone goes on with the very same run.
// Which option is had for how long is said by the table of options (`kept`).

import { existsSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { ownCommand } from '../../process/own-command.js'
import { shellWords } from '../../process/shell-words.js'
import { findLayout, resolveRoot } from '../../request/catalyst-root.js'
import { findKeptRequests, type KeptRequest, readKept, unusable } from '../../request/kept-request.js'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { FIRST_STAGE, type StageName } from '../../sdk/stages.js'
import { placeOfSeed } from '../../seed/oci-layout.js'
import { createLayout, sideFiles } from '../../store/layout.js'
import { DEFAULT_ROOT } from '../arguments/options/place.js'
import { isOptionName, OPTIONS, type OptionName } from '../arguments/options/table.js'
import { type GivenOptions, toOptions } from '../arguments/typed-options.js'
import type { VerbName } from '../arguments/verbs.js'
import type { Environment } from '../environment.js'
import { sayAside } from '../write.js'
import { type Asked, asCalled, type VerbCall } from './asked.js'
import { makeLook } from './request.js'
import { saidWords } from './said-words.js'
import { stoodBefore } from './standing.js'

/** Verbs that show what is there, and build upon none of what was asked. */
const SHOWING: readonly VerbName[] = ['status', 'log', 'why', 'collect-logs', 'report', 'serve', 'verify']

/**
 * A call with all that its version was asked before and that it does not say itself. Where what is kept cannot be read, verbs that
 * only show something say so, and show what they can without.
 *
 * @throws SdkError SDK_CHAIN when what is kept cannot be read; SDK_USAGE when several SDKs have that version; as makeRequest does
 */
export async function recall(call: VerbCall, environment: Environment): Promise<Asked> {
  try {
    return await recalled(call, environment)
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== 'SDK_CHAIN' || !SHOWING.includes(call.kind))
      throw error
    sayAside(`bootstrap_sdk: warning: ${error.message}; shown is what is known without it`)
    return asCalled(call)
  }
}

async function recalled(call: VerbCall, environment: Environment): Promise<Asked> {
  const kept = await findAsked(call, environment)
  if (kept === undefined) return asCalled(call)
  const stood = stoodBefore(call.kind, kept.standing, environment)
  const had = { ...stood, ...stillNeeded(call, kept, hadOptions(call, kept)) }
  // What the version was asked counts more than what files say now.
  const said = { ...call.configured, ...had, ...call.said, ...joined(had, call.said) }
  return {
    ...{ kind: call.kind, said, stages: stagesOf(call, kept), now: call.said, kept },
    options: toOptions(said),
    told: toldOf(call, kept, had),
  }
}

/** What is kept of the version that `call` is about. The files of a spec say all by themselves. */
async function findAsked(call: VerbCall, environment: Environment): Promise<KeptRequest | undefined> {
  const { options, said, kind } = call
  if (options.file !== undefined || kind === 'compare') return undefined
  if (options.version === undefined) {
    // The environment or the checkout may name a version that there is already.
    if (kind !== 'build' && kind !== 'plan') return undefined
    return await readKept((await findLayout(await makeLook(asCalled(call), environment))).asked)
  }
  const root = await resolveRoot(path.resolve(options.catalystRoot ?? DEFAULT_ROOT))
  const found = await findKeptRequests(root, options.version.text)
  if (said.sdk === undefined && found.length <= 1) return found[0]
  if (found.length === 0) return undefined
  const { type, arch } = await findLayout(await makeLook(asCalled(call), environment))
  const own = found.find((each) => each.type === type && each.arch === arch)
  if (own !== undefined || said.sdk !== undefined) return own
  const types = found.map((each) => `${each.type} (${each.arch})`).join(', ')
  throw new SdkError('SDK_USAGE', `${root} has a version ${options.version.text} of ${types}`, {
    hint: `say which with --sdk; ${ownCommand(['status'])} lists all`,
  })
}

/** The options that `call` has of earlier runs. */
function hadOptions({ kind, said, options: { version } }: VerbCall, kept: KeptRequest): GivenOptions {
  const file = `the request of ${version?.text ?? kept.version}`
  const entries = Object.entries(kept.options).filter(([name]) => {
    if (!isOptionName(name)) throw unusable(file, `this program has no option ${JSON.stringify(name)}`)
    const { kept: how, verbs, instead } = OPTIONS[name]
    if (instead !== undefined && Object.hasOwn(said, instead)) return false
    return verbs.includes(kind) && (how === 'basis' || how === 'run' || (how === 'task' && !kept.isDone))
  })
  return Object.fromEntries(entries)
}

/** An option that may be given several times: what is given now counts first, what was given before still counts. */
const joined = (had: GivenOptions, said: GivenOptions): GivenOptions =>
  Object.fromEntries(
    Object.entries(said).flatMap(([name, value]) => {
      const before = had[name as OptionName]
      const option = OPTIONS[name as OptionName]
      if (!('repeatable' in option) || !Array.isArray(value) || !Array.isArray(before)) return []
      return [[name, [...new Set([...value, ...before])]]]
    }),
  )

/** A seed that has done its part may be gone. */
function stillNeeded(call: VerbCall, kept: KeptRequest, had: GivenOptions): GivenOptions {
  const { seed_tarball: seed, ...rest } = had
  if (!Array.isArray(seed) || call.said.seed_tarball !== undefined || existsSync(placeOfSeed(seed[0] ?? '')))
    return had
  return isBegun(call, kept) ? rest : had
}

/** Whether the stage that the run begins with is finished. */
function isBegun(call: VerbCall, kept: KeptRequest): boolean {
  const [first = FIRST_STAGE] = [...(call.stages ?? []), ...kept.stages]
  const root = path.resolve(call.options.catalystRoot ?? DEFAULT_ROOT)
  const layout = createLayout({ root, ...kept })
  return COMPRESSIONS.some((each) => existsSync(sideFiles(layout.archive(first, each)).record))
}

/** One line about what is had of earlier runs, and one for each part that was not kept. */
function toldOf(call: VerbCall, kept: KeptRequest, had: GivenOptions): string[] {
  const names = Object.keys(had) as OptionName[]
  const ofBefore = Object.fromEntries(
    names.filter((name) => call.said[name] === undefined).map((name) => [name, had[name]]),
  ) as GivenOptions
  const words = [...saidWords(ofBefore, call.kind), ...stagesOf(call, kept).slice(call.stages?.length ?? 0)]
  const withheld = kept.withheld.filter((name) => Object.hasOwn(ofBefore, name))
  return [
    ...(words.length === 0 ? [] : [`goes on with what ${kept.version} was asked: ${shellWords(words)}`]),
    ...withheld.map((name) => `the login of --${name} is not kept: give the option again if it is needed`),
  ]
}

/** The stages of this call, or those of the run that it goes on with. */
const stagesOf = ({ stages = [] }: VerbCall, kept: KeptRequest): readonly StageName[] =>
  stages.length > 0 || kept.isDone ? stages : kept.stages
