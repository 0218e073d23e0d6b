// Which seed a bootstrap begins with: the given one, an SDK of a known version (built here, cached or downloaded), or one
// that is made from the distribution.

import path from 'node:path'
import { verifyDigests } from '../archive/stream/digests.js'
import { SdkError } from '../errors.js'
import { readText } from '../files/read.js'
import { outputOf } from '../stage/finished.js'
import type { SeedOrigin } from '../stage/plan/plan.js'
import { type Layout, sideFiles } from '../store/layout.js'
import type { Lock } from '../store/lock.js'
import { readRecord } from '../store/record.js'
import { offerGiven, seedByDigest } from './by-digest.js'
import { type ChosenSeed, requireSeed, type SeedChoice } from './choose.js'
import { type DistributionOptions, distributionSeed } from './distribution/distribution.js'
import { downloadSdk, type SdkDownload } from './download.js'
import { isReleased, type KnownSdk, knownSdk, versionOfTarball } from './known-sdk.js'
import { seedSha256 } from './oci-layout.js'
import { cachedSdk, fetchingSdk, findTarball, pruneSdks, useSdk } from './sdk-cache.js'
import { checkSeedFile } from './seed-file.js'
import { requireKeyring } from './signature.js'

/** What {@link resolveSeed} needs. */
export interface ResolveOptions extends DistributionOptions {
  choice: SeedChoice
  /** Takes the lock on a seed of the cache, to be kept until the run needs its seed no more. */
  hold(lock: Lock): void
  patience?: SdkDownload['patience']
}

/** A seed archive, its SHA-256, how it was found, and what packages that are built upon it are kept by, if not by the digest. */
export interface ResolvedSeed {
  path: string
  sha256: string
  origin: SeedOrigin
  keptBy?: string | undefined
  /** Gets the archive, of one that is not there yet because it may be late; another one, where that cannot be had any more. */
  fetch?: (() => Promise<ResolvedSeed>) | undefined
}

type Found = {
  path: string
  sha256: string
  cached: boolean
  signedBy?: string | undefined
  fetch?: (() => Promise<Found>) | undefined
}

/**
 * Finds, downloads or makes the seed (docs/manual.md, "Seeds").
 *
 * @throws SdkError SDK_SEED that says what was looked for where; SDK_ARCHIVE when a file that was put there is no archive; SDK_DEFINITION
 *   when an address or the keyring of the definition is wrong; SDK_LOCKED when other runs keep a seed too long; SDK_HOST,
 *   SDK_SPACE; and as {@link distributionSeed}
 */
export async function resolveSeed(options: ResolveOptions): Promise<ResolvedSeed> {
  const { definition, emit } = options
  const begin = performance.now()
  const choice = requireSeed(options.choice)
  const version =
    choice.kind === 'given' ? versionOfTarball(path.basename(choice.file), definition) : versionOf(choice)
  emit({
    type: 'seed-started',
    kind: choice.kind === 'by digest' ? 'given' : choice.kind,
    source: sourceOf(choice, definition.name),
  })
  if (version !== undefined && !isReleased(version)) emit(unreleased(version))
  const found = await find(choice, options)
  const durationMs = Math.round(performance.now() - begin)
  emit({ type: 'seed-finished', path: found.path, digest: found.sha256, cached: found.cached, durationMs })
  const kind = choice.kind === 'by digest' ? 'given' : choice.kind
  return await resolved(found, { kind, version })
}

async function resolved(
  { path: file, sha256, signedBy, fetch }: Found,
  origin: Pick<SeedOrigin, 'kind' | 'version'>,
): Promise<ResolvedSeed> {
  return {
    ...{ path: file, sha256, origin: { ...origin, signedBy }, keptBy: await keptByRecord(file, sha256) },
    ...(fetch === undefined ? {} : { fetch: async () => await resolved(await fetch(), origin) }),
  }
}

/** What packages are kept by that are built upon the output of a stage, given as a file: as of those of the run that made it. */
async function keptByRecord(file: string, sha256: string): Promise<string | undefined> {
  const record = await readRecord(sideFiles(file).record).catch(() => undefined)
  return record?.output.sha256 === sha256 ? outputOf(record, file).keptBy : undefined
}

const versionOf = (choice: ChosenSeed): string | undefined =>
  'version' in choice ? choice.version : undefined

const sourceOf = (choice: ChosenSeed, sdk: string): string =>
  choice.kind === 'given'
    ? choice.file
    : choice.kind === 'by digest'
      ? `sha256:${choice.sha256}`
      : (versionOf(choice) ?? sdk)

const unreleased = (version: string) =>
  ({
    type: 'warning',
    message: `the seed is version ${version}, which is not a released version (N.N.N)`,
    hint: 'build what others will build upon from a released SDK: then its own origin is known',
  }) as const

async function find(choice: ChosenSeed, options: ResolveOptions): Promise<Found> {
  if (choice.kind === 'given') return await givenFile(choice.file, options)
  if (choice.kind === 'by digest') return await seedByDigest(choice.sha256, options)
  if (choice.kind === 'distribution') return await distributionSeed(options)
  const sdk = knownSdk(options.definition, choice.version)
  const built = await findTarball(options.layout.builds, sdk.name)
  return built === undefined ? await publishedSeed(sdk, options) : await builtSeed(built, options)
}

/** Whoever builds upon what is built upon it here has it from the store that this run puts its stages into. */
async function givenFile(file: string, options: ResolveOptions): Promise<Found> {
  const found = await fileSeed(file, options)
  const { shared } = options
  if (shared?.writes === true) await options.later(() => offerGiven(found, { ...options, shared }))
  return found
}

const fileSeed = async (file: string, { memory, emit }: ResolveOptions): Promise<Found> => ({
  path: file,
  sha256: await seedSha256(memory, file, emit),
  cached: true,
})

/** A file that somebody has put where it was found. */
async function foundSeed(file: string, options: ResolveOptions): Promise<Found> {
  await checkSeedFile(file)
  return await fileSeed(file, options)
}

/** A release below this catalyst root: it has to be what its DIGESTS say, if they are there. */
async function builtSeed(file: string, options: ResolveOptions): Promise<Found> {
  const { digests } = sideFiles(file)
  const text = await readText(digests).catch(() => undefined)
  if (text === undefined) return await foundSeed(file, options)
  const { emit } = options
  return { path: file, sha256: await verifyDigests({ file, text, source: digests, emit }), cached: true }
}

/** An SDK that somebody has published: from the cache, else from its mirrors. */
async function publishedSeed(sdk: KnownSdk, options: ResolveOptions): Promise<Found> {
  const { layout } = options
  if (sdk.keyring !== undefined) await requireKeyring(sdk.keyring)
  // Before the cache is looked at: from here on nobody takes it away.
  options.hold(await useSdk(layout, sdk.name))
  const cached = await fromCache(sdk, options)
  if (cached !== undefined) return cached
  const lock = await fetchingSdk(layout, sdk.name)
  try {
    // While this run waited another one may have downloaded it.
    return (await fromCache(sdk, options, true)) ?? (await fromMirrors(sdk, options))
  } finally {
    lock.release()
  }
}

/** @throws SdkError SDK_SEED when the cache has none that is good, and there are no mirrors to ask */
async function fromCache(sdk: KnownSdk, options: ResolveOptions, tell = false): Promise<Found | undefined> {
  const { layout, emit } = options
  const found = await cachedSdk(layout.sdks, sdk, emit)
  if (found.state === 'good') return { path: found.path, cached: true, ...found.checked }
  if (sdk.urls.length > 0) {
    if (tell && found.state === 'doubtful')
      emit({ type: 'info', message: `${found.path} cannot be used as it is: ${found.reason}` })
    return undefined
  }
  // What somebody has put there by hand is as good as a given one.
  if (found.state === 'doubtful' && !found.hasDigests && sdk.keyring === undefined)
    return await foundSeed(found.path, options)
  throw found.state === 'doubtful' ? new SdkError('SDK_SEED', found.reason) : notThere(sdk, layout)
}

async function fromMirrors(sdk: KnownSdk, options: ResolveOptions): Promise<Found> {
  const { layout, emit, signal, patience } = options
  const folder = layout.sdks
  const { path: file, checked } = await downloadSdk({
    ...{ sdk, folder, emit, signal },
    patience,
  })
  const pruned = await pruneSdks(layout, folder, sdk.name)
  if (pruned.length > 0) emit({ type: 'info', message: `removed from the cache: ${pruned.join(', ')}` })
  return { path: file, cached: false, ...checked }
}

/** The error for an SDK whose tarball is nowhere. */
export const notThere = (sdk: KnownSdk, layout: Layout): SdkError =>
  new SdkError(
    'SDK_SEED',
    `the tarball of SDK ${sdk.version} is not there: looked for ${sdk.name}.tar.* in ${layout.builds} and ${layout.sdks}`,
    {
      hint: 'put it there, or give a seed with --seed_tarball FILE; seed.urls of the definition can say where to download it',
    },
  )
