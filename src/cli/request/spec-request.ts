// From --file SPEC [--config CONF] to a request: one stage, as catalyst's files say. The command line wins over both.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { type LoadedSpec, loadSpec } from '../../catalyst/read/load-spec.js'
import { SdkError } from '../../errors.js'
import { refusedFeatures } from '../../portage/features.js'
import type { Request } from '../../request/request.js'
import { digestOfSeed } from '../../sdk/paths.js'
import { resolveProfile } from '../../sdk/profile.js'
import { type ChosenSeed, chooseGiven } from '../../seed/choose.js'
import { type Options, refusedWithSpec } from '../arguments/options/table.js'
import type { Environment } from '../environment.js'
import { type Asked, againWords, mirrorsOf, ofBefore } from './asked.js'
import { compilerCache } from './compiler-cache.js'
import { seedFile } from './seed-file.js'

/** Where catalyst builds when its conf names no storedir. */
const STOREDIR = '/var/tmp/catalyst'

/** The conf that catalyst reads when it is not told another. */
const SYSTEM_CONF = '/etc/catalyst/catalyst.conf'

/**
 * Makes the request of a spec.
 *
 * @throws SdkError SDK_USAGE for options that a spec has no use for; SDK_DEFINITION with all that is wrong in the files;
 * SDK_SEED, SDK_ARCHIVE, SDK_HOST
 */
export async function makeSpecRequest(spec: string, { asked, environment }: SpecCall): Promise<Request> {
  const { options, stages } = asked
  refuseOthers(options)
  const seed = await seedFile(options.seedTarball)
  const conf = confOf(options)
  const loaded = await loadSpec({
    ...{ spec: path.resolve(spec), conf, seed },
    root: options.catalystRoot === undefined ? undefined : path.resolve(options.catalystRoot),
    defaultRoot: STOREDIR,
  })
  const { definition } = loaded
  const other = stages.find((stage) => !definition.stages.includes(stage))
  if (other !== undefined)
    throw new SdkError(
      'SDK_USAGE',
      `${spec} is a spec of ${definition.stages.join()}, and ${other} was asked for`,
    )
  const given = await chooseGiven(loaded.seed)
  const sha256 = digestOfSeed(seed ?? '')
  const choice = sha256 === undefined ? given : ({ kind: 'by digest', sha256 } as const)
  return toRequest(loaded, { seed: choice, asked, environment, conf })
}

interface SpecCall {
  readonly asked: Asked
  readonly environment: Environment
}

interface Given extends SpecCall {
  readonly seed: ChosenSeed
  readonly conf: string | undefined
}

function toRequest(loaded: LoadedSpec, { seed, asked, environment, conf }: Given): Request {
  const { definition, root, rebuild, notices, warnings } = loaded
  const { options } = asked
  const version = options.version ?? loaded.version
  return {
    definition,
    version,
    catalystRoot: root,
    stages: definition.stages,
    profile: resolveProfile(definition, options.profile ?? definition.profile),
    compression: options.compression ?? definition.compression,
    jobs: options.jobs ?? loaded.jobs ?? environment.jobs,
    memoryBytes: options.memory,
    compilerCache: compilerCache(options, environment),
    seed,
    rebuild: options.rebuild || rebuild,
    // Catalyst has no memory of what it has built: a finished stage is taken only where nothing has changed.
    exact: true,
    readsAll: options.exact === 'content',
    runner: 'native',
    stage1Paths: {},
    publish: undefined,
    mirrors: options.mirror,
    gitSsh: options.gitSsh,
    gentooMirrors: [...mirrorsOf(asked, environment), ...loaded.gentooMirrors],
    again: againWords(asked, version),
    ...ofBefore(asked),
    notices: [
      ...asked.told,
      ...(conf === SYSTEM_CONF ? [`${conf} is used: no other was given`] : []),
      ...notices,
    ],
    warnings: [...warnings, ...refusedFeatures(definition.features)],
  }
}

function confOf({ config }: Options): string | undefined {
  if (config !== undefined) return path.resolve(config)
  return existsSync(SYSTEM_CONF) ? SYSTEM_CONF : undefined
}

/** @throws SdkError SDK_USAGE for what says something that only the spec can say */
function refuseOthers(options: Options): void {
  const refused = refusedWithSpec(options).map(({ name, reason }) => `--${name} (${reason})`)
  if (refused.length > 0) throw new SdkError('SDK_USAGE', `--file does not go with ${refused.join(', ')}`)
}
