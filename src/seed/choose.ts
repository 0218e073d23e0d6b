// Which kind of seed a bootstrap begins with, decided once, before it is looked for.

import { readFile } from 'node:fs/promises'
import { SdkError } from '../errors.js'
import type { SdkDefinition } from '../sdk/definition.js'
import { digestOfSeed } from '../sdk/paths.js'
import { parseVersion } from '../sdk/version.js'
import { parseOsRelease } from './distribution/host.js'
import { checkSeedFile } from './seed-file.js'

/**
 * What is to be the seed: a file, which has been checked ({@link chooseGiven}), an SDK of a known version, or one that is made
 * from the host's distribution.
 */
export type ChosenSeed =
  | { readonly kind: 'given'; readonly file: string }
  /** A file that has this SHA-256, of the shared store or from there. */
  | { readonly kind: 'by digest'; readonly sha256: string }
  | { readonly kind: 'own SDK' | 'seed version'; readonly version: string }
  | { readonly kind: 'distribution' }

/** The choice for a run. That there is no seed is wrong only for a run that needs one: it ends with `why` (SDK_SEED). */
export type SeedChoice = ChosenSeed | { readonly kind: 'none'; readonly why: SdkError }

/** What the choice depends on. */
interface ChoiceInputs {
  definition: SdkDefinition
  /** `--seed_tarball`: an absolute path, or `sha256:…`. */
  seedTarball: string | undefined
  /** The host's os-release; default: /etc/os-release. */
  osRelease?: string | undefined
}

/**
 * Chooses, in this order: the given file; the SDK that this machine is; the version that the version file names, where
 * the definition says where it is published; a seed of the distribution.
 *
 * @throws SdkError as {@link chooseGiven}
 */
export async function chooseSeed({ definition, seedTarball, osRelease }: ChoiceInputs): Promise<SeedChoice> {
  const sha256 = digestOfSeed(seedTarball ?? '')
  if (sha256 !== undefined) return { kind: 'by digest', sha256 }
  if (seedTarball !== undefined) return await chooseGiven(seedTarball)
  try {
    return await defaultSeed(definition, osRelease)
  } catch (error) {
    if (error instanceof SdkError) return { kind: 'none', why: error }
    throw error
  }
}

/** The choice of `file`. @throws SdkError SDK_SEED, SDK_ARCHIVE when it can be no seed */
export async function chooseGiven(file: string): Promise<ChosenSeed> {
  await checkSeedFile(file)
  return { kind: 'given', file }
}

/** @throws SdkError SDK_SEED when there is none */
async function defaultSeed(
  { seed, version, file }: SdkDefinition,
  osRelease: string | undefined,
): Promise<ChosenSeed> {
  const own = await runningSdk(seed.osReleaseId, osRelease)
  if (own !== undefined) return { kind: 'own SDK', version: own }
  if (version.seedVersion !== undefined && seed.urls.length > 0)
    return { kind: 'seed version', version: version.seedVersion }
  if (seed.distribution !== undefined) return { kind: 'distribution' }
  const lacks =
    seed.urls.length === 0 ? 'does not say where to download one' : 'has no version file that names one'
  throw new SdkError(
    'SDK_SEED',
    `there is no seed: this host is not a ${seed.osReleaseId} SDK, and ${file} ${lacks} and names no distribution seed`,
    { hint: 'give a seed with --seed_tarball FILE' },
  )
}

/** The seed to be used. @throws SdkError SDK_SEED when there is none */
export function requireSeed(choice: SeedChoice): ChosenSeed {
  if (choice.kind === 'none') throw choice.why
  return choice
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
      `${osRelease}: VERSION ${JSON.stringify(version)} is not a version of an SDK`,
      {
        hint: 'give the seed with --seed_tarball FILE',
        cause,
      },
    )
  }
}
