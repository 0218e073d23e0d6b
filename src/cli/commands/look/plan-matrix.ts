// plan --matrix: the jobs of a fleet, for the engine that drives this program (docs/fleet.md). Looks, and makes nothing.

import path from 'node:path'
import { RETRIES, SdkError } from '../../../errors.js'
import type { Fact } from '../../../events/event.js'
import { forecastChain } from '../../../forecast/matrix.js'
import { openSharedStore, type SharedStore } from '../../../registry/shared-store.js'
import { findLayout } from '../../../request/catalyst-root.js'
import type { Request } from '../../../request/request.js'
import { type Fleet, type FleetChain, readFleet } from '../../../sdk/read/fleet.js'
import type { StageName } from '../../../sdk/stages.js'
import { parseVersion } from '../../../sdk/version.js'
import { isAtOrBelow } from '../../../store/disk/mounts.js'
import type { MatrixJob } from '../../answers/plan.js'
import { type GivenOptions, toOptions } from '../../arguments/typed-options.js'
import type { Caller } from '../../caller.js'
import type { Environment } from '../../environment.js'
import type { StagesInvocation } from '../../invocation.js'
import { type Asked, asCalled } from '../../request/asked.js'
import { isShipped } from '../../request/definitions.js'
import { makeRunRequest } from '../../request/request.js'
import { saidWords } from '../../request/said-words.js'
import { warn } from '../../run-events.js'
import { writeJson, writeLines } from '../../write.js'
import { matrixLines } from './matrix-text.js'

/** @returns 0. @throws SdkError SDK_USAGE, SDK_DEFINITION, SDK_SEED, SDK_HOST, SDK_REPO */
export async function planMatrix(
  invocation: StagesInvocation,
  { environment, interrupt }: Caller,
): Promise<number> {
  const { matrix, fleet: file, json } = invocation.options
  if (matrix === undefined)
    throw new SdkError('SDK_USAGE', '--fleet needs --matrix', {
      hint: 'say for which engine: --matrix github',
    })
  const { packages, writeSpecs } = invocation.options
  if (packages || writeSpecs !== undefined)
    throw new SdkError(
      'SDK_USAGE',
      '--packages and --write_specs are of the plan of one build, --matrix is of the jobs of many',
      {
        hint: 'leave either out',
      },
    )
  const fleet = file === undefined ? ofCall() : await readFleet(path.resolve(file))
  const jobs: MatrixJob[] = []
  const trees = new Map<string, string>()
  const within = { fleet, environment, trees, seeds: askedOnce(interrupt.abort) }
  for (const chain of fleet.chains) jobs.push(...(await jobsOf(invocation, chain, within)))
  requireDistinct(jobs, file)
  if (json) writeJson('plan', { format: 1, jobs, retry: RETRIES })
  else writeLines(matrixLines(matrix, jobs))
  return 0
}

/** What a job's machine has in its PATH: where it is here says nothing about others. */
const PROGRAM = 'bootstrap_sdk'

/** Without a file: the one chain that the command itself is about. */
const ofCall = (): Fleet => ({ dir: '', chains: [{ sdk: '', stages: [], needs: {} }], labels: {} })

interface Within {
  readonly fleet: Fleet
  readonly environment: Environment
  readonly trees: Map<string, string>
  /** The seeds of a request's store. */
  readonly seeds: (request: Request) => Promise<SharedStore['seeds']>
}

/**
 * Opens a store for the first chain that has one, as all of a call have the same: one that is gone costs its time-out once. Without
 * keys nothing of it would be believed; that is no error, since keys are the jobs' affair.
 */
function askedOnce(signal: AbortSignal): Within['seeds'] {
  const emit = (fact: Fact): void => void (fact.type === 'warning' && warn(fact.message))
  let opened: Promise<SharedStore> | undefined
  return async ({ store }) => {
    if (store === undefined || (store.keys ?? store.signingKey) === undefined) return undefined
    opened ??= openSharedStore(store, { emit, signal })
    return (await opened).seeds
  }
}

async function jobsOf(
  invocation: StagesInvocation,
  chain: FleetChain,
  { fleet, environment, trees, seeds }: Within,
): Promise<MatrixJob[]> {
  const asked = askedOf(invocation, chain, fleet.dir)
  const request = withOwnVersion(await makeRunRequest(asked, environment), chain, fleet)
  const { definition, profile, version } = request
  const { arch, file, name } = definition
  if (chain.arch !== undefined && chain.arch !== arch)
    throw new SdkError(
      'SDK_DEFINITION',
      `${file}: arch: expected ${chain.arch}, as the fleet has it, found ${arch}`,
      {
        hint: 'give the fleet a definition for each architecture, or take the architecture out',
      },
    )
  const before = stagesBefore(request, asked)
  const base = slug(`${name}-${arch}-${profileSlug(request)}`)
  const stages = await forecastChain(request, await findLayout(request), {
    seeds: await seeds(request),
    trees,
  })
  return stages.map(({ stage, key, minutes }, index) => ({
    id: `${base}-${stage}`,
    key: key ?? null,
    needs: stages.slice(Math.max(index - 1, 0), index).map((each) => `${base}-${each.stage}`),
    ...{ sdk: name, arch, profile, version: version.text, stage },
    cores: chain.needs.cores ?? null,
    memory: chain.needs.memory ?? null,
    disk: chain.needs.disk ?? null,
    minutes: chain.needs.minutes?.[stage] ?? minutes ?? null,
    labels: fleet.labels[arch] ?? [],
    command: [PROGRAM, ...commandWords(asked, request, [...before, ...request.stages.slice(0, index + 1)])],
  }))
}

/**
 * The stages that come before those of the jobs: none where the chain begins with its seed.
 *
 * @throws SdkError SDK_CHAIN for a stage that would have nothing to be built upon
 */
function stagesBefore(
  { definition, stages, store, version }: Request,
  { said }: Asked,
): readonly StageName[] {
  const all = definition.stages
  const needs = stages.map((stage) => all[all.indexOf(stage) - 1])
  const gap = stages.findIndex((_, index) => index > 0 && needs[index] !== stages[index - 1])
  const isLate = needs[0] !== undefined && said.seed_tarball === undefined
  const missing = gap > 0 ? gap : isLate && store === undefined && said.version === undefined ? 0 : -1
  if (missing >= 0)
    throw new SdkError(
      'SDK_CHAIN',
      `${definition.name}: ${stages[missing]} needs ${needs[missing]} of version ${version.text}, which no job builds`,
      { hint: `add ${needs[missing]} to the stages; a chain may begin later with a seed_tarball of its own` },
    )
  return isLate && store !== undefined ? all.slice(0, all.indexOf(needs[0] as StageName) + 1) : []
}

/**
 * What a job asks for, the last of `chain`: where there is a shared store also the stages before its own, which its machine may have to
 * take from there. Else they are finished, and a seed that was given with it would be its own.
 */
function commandWords(asked: Asked, request: Request, chain: readonly StageName[]): string[] {
  if (request.store !== undefined) return [...chain, ...wordsOf(asked.said, asked, request)]
  const { seed_tarball: _, ...others } = asked.said
  return [...chain.slice(-1), ...wordsOf(chain.length > 1 ? others : asked.said, asked, request)]
}

/** The call as if it were about `chain` alone. */
function askedOf(invocation: StagesInvocation, chain: FleetChain, dir: string): Asked {
  const { profile, scripts, seedTarball } = chain
  const sdk = chain.sdk === '' || isShipped(chain.sdk) ? chain.sdk : path.resolve(dir, chain.sdk)
  const given = Object.entries({ sdk, profile, scripts, seed_tarball: seedTarball })
  const own = given.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, [value]]]))
  const said: GivenOptions = { ...invocation.said, ...Object.fromEntries(own) }
  const stages = invocation.stages.length > 0 ? invocation.stages : chain.stages
  return asCalled({ ...invocation, said, options: toOptions(said), stages })
}

/** Profiles of one definition have one name for their archives: then the version says which it is. */
function withOwnVersion(request: Request, { sdk, arch }: FleetChain, { chains }: Fleet): Request {
  if (chains.filter((each) => each.sdk === sdk && each.arch === arch).length < 2) return request
  const { text, buildId } = request.version
  const own = `${text}${buildId === undefined ? '+' : '.'}${profileSlug(request)}`
  return { ...request, version: parseVersion(own) }
}

const profileSlug = ({ profile }: Request): string => slug(profile.slice(profile.indexOf(':') + 1))

/** The words of a job beside its stage: what the call says of builds, and all that another machine or time would choose otherwise. */
function wordsOf(said: GivenOptions, { options }: Asked, { profile, version, store }: Request): string[] {
  const { profile: _, version: __, catalyst_root: root, ...others } = said
  const place = Array.isArray(root) ? ['--catalyst_root', path.resolve(root.at(-1) ?? '')] : []
  // Of the stages before its own a job needs no more than what it builds upon; others have its own from the store.
  const all: GivenOptions = store === undefined ? others : { store_take: ['needed'], ...others }
  const words = [...saidWords(all, 'build'), '--profile', profile, '--version', version.text]
  requireNoLogin(words)
  // Argo mounts the volume of all jobs there, and a place to mount at has to be absolute.
  return [...words.map(fromHere), ...(options.matrix === 'argo' ? place : place.map(fromHere))]
}

/** Logins are left out of words: a job with one that is left out would ask its mirror as somebody else. @throws SdkError SDK_USAGE */
function requireNoLogin(words: readonly string[]): void {
  const at = words.findIndex((word) => word.includes('://***@'))
  if (at < 0) return
  throw new SdkError(
    'SDK_USAGE',
    `${words[at - 1]}: expected an address without a login, found ${words[at]}`,
    {
      hint: 'anybody may read the jobs: give the login to the machines that run them, for instance by GENTOO_MIRRORS in their environment',
    },
  )
}

/** Jobs are started in a checkout like this one, wherever that is. */
const fromHere = (word: string): string =>
  isAtOrBelow(word, process.cwd()) ? `./${path.relative(process.cwd(), word)}` : word

/** `text` as a part of names that every engine takes. */
const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-')

/** @throws SdkError SDK_DEFINITION when two jobs are the same one */
function requireDistinct(jobs: readonly MatrixJob[], file = ''): void {
  const ids = jobs.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice === undefined) return
  throw new SdkError('SDK_DEFINITION', `${file}: builds: expected each chain once, found ${twice} twice`, {
    hint: 'two builds have the same definition, architecture and profile: take one out, or give one another profile',
  })
}
