// From an invocation to a request: definition, version, paths. Nothing is created here.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { SdkError } from '../../errors.js'
import { refusedFeatures } from '../../portage/features.js'
import { setOwnPlace } from '../../process/own-command.js'
import type { Request } from '../../request/request.js'
import { type SdkDefinition, stageProfile } from '../../sdk/definition.js'
import { parseProfile, resolveProfile } from '../../sdk/profile.js'
import { loadDefinition } from '../../sdk/read/load.js'
import { type StageName, stagesThat } from '../../sdk/stages.js'
import { newVersion, type Version } from '../../sdk/version.js'
import { chooseSeed } from '../../seed/choose.js'
import { requireNamedFiles } from '../../stage/plan/named-files.js'
import { unmetNeeds } from '../../stage/plan/needs.js'
import { repoOrigin } from '../../stage/plan/plan.js'
import { DEFAULT_ROOT, DEFAULT_SDK } from '../arguments/options/place.js'
import type { Options } from '../arguments/options/table.js'
import type { Environment } from '../environment.js'
import { type Asked, againWords, mirrorsOf, ofBefore } from './asked.js'
import { compilerCache } from './compiler-cache.js'
import { SDKS } from './definitions.js'
import { publishRequest } from './publish-request.js'
import { seedFile } from './seed-file.js'
import { makeSpecRequest } from './spec-request.js'
import { storeRequest } from './store-request.js'

/**
 * Makes the request. Everything that can be wrong with the input is found here, before anything is made.
 *
 * @throws SdkError SDK_USAGE, SDK_DEFINITION, SDK_SEED, SDK_ARCHIVE
 */
export async function makeRequest(asked: Asked, environment: Environment): Promise<Request> {
  const { file, config } = asked.options
  if (file === undefined && config !== undefined)
    throw new SdkError('SDK_USAGE', '--config needs --file: it is the catalyst.conf of a spec')
  const request = await (file === undefined
    ? requestOf(asked, { environment, namesOnly: false })
    : makeSpecRequest(file, { asked, environment }))
  return atPlace(request, asked)
}

/** From here on printed commands name the catalyst root, unless that is where they look by themselves. */
function atPlace(request: Request, { options }: Asked): Request {
  const isDefault = options.file === undefined && request.catalystRoot === path.resolve(DEFAULT_ROOT)
  setOwnPlace(isDefault ? [] : ['--catalyst_root', request.catalystRoot])
  return request
}

/**
 * The request of a verb that reads what the definition names.
 *
 * @throws SdkError as {@link makeRequest}; SDK_DEFINITION for a key whose file or folder is none
 */
export async function makeRunRequest(asked: Asked, environment: Environment): Promise<Request> {
  const request = await makeRequest(asked, environment)
  await requireNamedFiles(request.definition)
  return request
}

/**
 * The request of a verb that only looks at what is below the catalyst root: a checkout that the definition is built from
 * need not be there.
 *
 * @throws SdkError as {@link makeRequest}
 */
export async function makeLook(asked: Asked, environment: Environment): Promise<Request> {
  const { file } = asked.options
  const request = await (file === undefined
    ? requestOf({ ...asked, stages: [] }, { environment, namesOnly: true })
    : makeSpecRequest(file, { asked, environment }))
  return atPlace(request, asked)
}

interface Purpose {
  readonly environment: Environment
  readonly namesOnly: boolean
}

async function requestOf(asked: Asked, { environment, namesOnly }: Purpose): Promise<Request> {
  const { options, stages } = asked
  const definition = await loadDefinition(options.sdk ?? DEFAULT_SDK, SDKS, {
    scripts: options.scripts,
    mainRepo: options.portageStable,
    overlay: options.coreosOverlay,
    version: options.version !== undefined,
    namesOnly,
  })
  requireStages(definition, stages)
  const seed = await chooseSeed({ definition, seedTarball: await seedFile(options.seedTarball) })
  const profile = resolveProfile(definition, options.profile ?? definition.profile)
  requireProfiles(definition, profile)
  const version = options.version ?? wishedVersion(definition, environment)
  const all = stages.length > 0 ? stages : definition.stages
  const seedHasCheckout = seed.kind === 'distribution' && Object.keys(stage1Paths(options)).length === 0
  const needs = namesOnly ? [] : await unmetNeeds({ definition, profile, stages: all, seedHasCheckout })
  const catalystRoot = path.resolve(options.catalystRoot ?? DEFAULT_ROOT)
  return {
    definition,
    version,
    catalystRoot,
    stages: all,
    profile,
    compression: options.compression ?? definition.compression,
    jobs: options.jobs ?? environment.jobs,
    ...{ memoryBytes: options.memory, compilerCache: compilerCache(options, environment) },
    seed,
    rebuild: options.rebuild,
    exact: options.exact !== false,
    readsAll: options.exact === 'content',
    runner: options.runner,
    debug: options.debug,
    stage1Paths: stage1Paths(options),
    publish: await publishRequest(options, environment, { definition, catalystRoot, version, namesOnly }),
    store: storeRequest(options, environment),
    ...{ mirrors: options.mirror, gitSsh: options.gitSsh },
    gentooMirrors: mirrorsOf(asked, environment),
    notices: asked.told,
    warnings: [...refusedFeatures(definition.features), ...needs],
    again: againWords(asked, version),
    ...ofBefore(asked),
  }
}

/** @throws SdkError SDK_USAGE that names the variable whose value makes no version */
function wishedVersion({ version }: SdkDefinition, { newVersion: wishes }: Environment): Version {
  try {
    return newVersion(version, wishes, new Date())
  } catch (error) {
    if (!(error instanceof SdkError) || wishes.isOfficial || wishes.buildId === undefined) throw error
    const { code, message, hint } = error
    throw new SdkError(code, `FLATCAR_BUILD_ID: ${message}`, { hint, cause: error })
  }
}

function stage1Paths({
  stage1PortagePath: main,
  stage1OverlayPath: overlay,
}: Options): Request['stage1Paths'] {
  return {
    ...(main === undefined ? {} : { main: path.resolve(main) }),
    ...(overlay === undefined ? {} : { overlay: path.resolve(overlay) }),
  }
}

/** @throws SdkError SDK_USAGE when a repo lacks the profile, or the one that a stage has in its place */
function requireProfiles(definition: SdkDefinition, profile: string): void {
  requireProfile(definition, profile)
  for (const stage of stagesThat(({ ownSetup }) => ownSetup))
    if (repoOrigin(definition, stage) === 'checkout')
      requireProfile(definition, stageProfile(definition, profile, stage))
}

/** @throws SdkError SDK_USAGE when the repo has no such profile */
function requireProfile(definition: SdkDefinition, profile: string): void {
  const name = parseProfile(profile)
  const repo = definition.repos.find((each) => each.name === name?.repo)
  const folder = path.join(repo?.path ?? '', 'profiles', name?.path ?? '')
  // A tree that is not there at all is another error, which names it.
  if (repo === undefined || !existsSync(path.join(repo.path, 'profiles')) || existsSync(folder)) return
  const list = path.join(repo.path, 'profiles', 'profiles.desc')
  throw new SdkError('SDK_USAGE', `there is no profile ${profile}: ${folder} does not exist`, {
    hint: `${existsSync(list) ? `${list} lists the profiles of the repo; ` : ''}the default is ${definition.profile}`,
  })
}

/** @throws SdkError SDK_USAGE for a stage that the definition leaves out */
function requireStages({ name, file, stages }: SdkDefinition, asked: readonly StageName[]): void {
  const missing = asked.find((stage) => !stages.includes(stage))
  if (missing === undefined) return
  throw new SdkError('SDK_USAGE', `the SDK ${name} has no ${missing}`, {
    hint: `its stages are ${stages.join(', ')} (${file})`,
  })
}
