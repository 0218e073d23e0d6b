// What configuration files say, below what the command line and the environment say.

import type { OptionName } from '../arguments/options/table.js'
import { OPTIONS } from '../arguments/options/table.js'
import { type GivenOptions, toOptions } from '../arguments/typed-options.js'
import type { Environment } from '../environment.js'
import type { Invocation } from '../invocation.js'
import type { ConfigWorld } from './files.js'
import { type Configuration, readConfiguration } from './read.js'

/** The world of this call. */
export const ownWorld = (environment: Environment): ConfigWorld => ({
  folder: process.cwd(),
  system: '/etc',
  environment,
  uid: process.getuid?.(),
})

/** Options whose place a variable of the environment has taken, with its name. */
export function saidByEnvironment({
  numJobs,
  uploadRoot,
  ccache,
  sharedStore: { store, mode, keys, sign },
}: Environment): Partial<Record<OptionName, string>> {
  return {
    ...(numJobs === undefined ? {} : { jobs: 'NUM_JOBS' }),
    ...(uploadRoot === undefined ? {} : { upload_root: 'FLATCAR_UPLOAD_ROOT' }),
    ...(ccache === undefined ? {} : { ccache: 'BOOTSTRAP_SDK_CCACHE' }),
    ...(store === undefined ? {} : { store: 'BOOTSTRAP_SDK_STORE' }),
    ...(mode === undefined ? {} : { store_mode: 'BOOTSTRAP_SDK_STORE_MODE' }),
    ...(keys === undefined ? {} : { store_keys: 'BOOTSTRAP_SDK_STORE_KEYS' }),
    ...(sign === undefined ? {} : { store_sign: 'BOOTSTRAP_SDK_STORE_SIGN' }),
  }
}

/**
 * An invocation whose options are also those of the configuration files. Beside a spec, which says all by itself, they do not count.
 *
 * @throws SdkError SDK_USAGE as {@link readConfiguration}
 */
export async function configured(invocation: Invocation, environment: Environment): Promise<Invocation> {
  if (!('options' in invocation) || invocation.said.file !== undefined) return invocation
  const all = await readConfiguration(ownWorld(environment))
  const had = ofVerb(all, invocation.kind, saidByEnvironment(environment))
  if (Object.keys(had).length === 0) return invocation
  return { ...invocation, configured: had, options: toOptions({ ...had, ...invocation.said }) }
}

function ofVerb({ said }: Configuration, verb: Invocation['kind'], taken: object): GivenOptions {
  const entries = Object.entries(said).filter(
    ([name]) =>
      (OPTIONS[name as OptionName].verbs as readonly string[]).includes(verb) && !Object.hasOwn(taken, name),
  )
  return Object.fromEntries(entries) as GivenOptions
}
