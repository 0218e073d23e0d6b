// Which kind of seed a bootstrap begins with, decided without looking for it.

import { readFile } from 'node:fs/promises'
import { SdkError } from '../errors.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { parseVersion } from '../sdk/version.js'
import { parseOsRelease } from './distribution/host.js'

/** What is to be the seed: a file, an SDK of a known version, or one that is made from the host's distribution. */
export type SeedChoice =
  | { readonly kind: 'given'; readonly file: string }
  | { readonly kind: 'own SDK' | 'seed version'; readonly version: string }
  | { readonly kind: 'distribution' }

/** What the choice depends on. */
export interface ChoiceInputs {
  definition: SdkDefinition
  /** `--seed_tarball`, absolute. */
  seedTarball: string | undefined
  /** The host's os-release; default: /etc/os-release. */
  osRelease?: string | undefined
}

/**
 * Chooses, in this order: the given file; the SDK that this machine is; the version that the version file names, where
 * the definition says where it is published; a seed of the distribution.
 *
 * @throws SdkError SDK_SEED when there is none of these
 */
export async function chooseSeed({ definition, seedTarball, osRelease }: ChoiceInputs): Promise<SeedChoice> {
  if (seedTarball !== undefined) return { kind: 'given', file: seedTarball }
  const { seed, version, file } = definition
  const own = await runningSdk(seed.osReleaseId, osRelease)
  if (own !== undefined) return { kind: 'own SDK', version: own }
  if (version.seedVersion !== undefined && seed.urls.length > 0)
    return { kind: 'seed version', version: version.seedVersion }
  if (seed.distribution !== undefined) return { kind: 'distribution' }
  const lacks = seed.urls.length === 0 ? 'says nowhere to download one' : 'has no version file that names one'
  throw new SdkError(
    'SDK_SEED',
    `there is no seed: this host is no ${seed.osReleaseId} SDK, and ${file} ${lacks} and names no distribution seed`,
    { hint: 'give a seed with --seed_tarball FILE' },
  )
}

/** Whether a run would make a seed from the host's distribution. */
export async function wantsDistribution(inputs: ChoiceInputs): Promise<boolean> {
  const choice = await chooseSeed(inputs).catch(() => undefined)
  return choice?.kind === 'distribution'
}

/**
 * The version of the SDK that this very machine (or chroot) is, if it is one.
 *
 * @throws SdkError SDK_SEED when it says that it is one, but not a version
 */
async function runningSdk(id: string, osRelease = '/etc/os-release'): Promise<string | undefined> {
  const release = parseOsRelease(await readFile(osRelease, 'utf8').catch(() => ''))
  const version = release.get('VERSION')
  if (release.get('ID') !== id || version === undefined) return undefined
  try {
    // It becomes a part of file names and addresses.
    return parseVersion(version).text
  } catch (cause) {
    throw new SdkError(
      'SDK_SEED',
      `${osRelease}: VERSION ${JSON.stringify(version)} is no version of an SDK`,
      {
        hint: 'give the seed with --seed_tarball FILE',
        cause,
      },
    )
  }
}
