// Which seed a run would begin with, found out without making or unpacking one (seed/resolve.ts is the deed).

import { stat } from 'node:fs/promises'
import type { Request } from '../request/request.js'
import { keptByDigest } from '../seed/by-digest.js'
import { type ChosenSeed, requireSeed } from '../seed/choose.js'
import { planDistributionSeed } from '../seed/distribution/distribution.js'
import { knownSdk } from '../seed/known-sdk.js'
import { seedSha256 } from '../seed/oci-layout.js'
import { notThere } from '../seed/resolve.js'
import { findTarball } from '../seed/sdk-cache.js'
import { cachedSeedBySize } from '../seed/seed-cache.js'
import type { DigestMemory } from '../store/digest/known-digest.js'
import { type Layout, sideFiles } from '../store/layout.js'
import { readRecord } from '../store/record.js'
import { redact } from '../transfer/place.js'

/** A seed as far as it is known beforehand. */
export interface SeedForecast {
  readonly kind: Exclude<ChosenSeed['kind'], 'by digest'>
  /** The archive; undefined if it is yet to be made or downloaded. */
  readonly path?: string
  /** Undefined while it is not there, or not proved. */
  readonly sha256?: string
  /** Digest of what a distribution seed is made from, but for the versions that the distribution has. */
  readonly key?: string
  /** Who has signed one that is taken from the shared store. */
  readonly signedBy?: string | undefined
  /** What it comes from: a version, a distribution, a file. */
  readonly source: string
  /** Addresses that it would be downloaded from, in this order; not there if it need not be downloaded. */
  readonly urls?: readonly string[]
}

/** What a shared store has for the key of a seed; registry/seeds.ts. */
type FindSeed = (key: string) => Promise<{ sha256: string; signedBy: string } | undefined>

/**
 * The seed of the first stage of `request`.
 *
 * @throws SdkError SDK_SEED, SDK_HOST as the run itself would
 */
export async function forecastSeed(
  request: Request,
  layout: Layout,
  { memory, find }: { memory: DigestMemory; find?: FindSeed | undefined },
): Promise<SeedForecast> {
  const choice = requireSeed(request.seed)
  if (choice.kind === 'distribution') return await distributionSeed(request, layout, find)
  if (choice.kind === 'by digest') return await digestSeed(choice.sha256, layout, { memory, find })
  const found =
    choice.kind === 'given'
      ? { kind: choice.kind, source: choice.file, path: choice.file }
      : await knownSeed(choice, request, layout)
  // One that is yet to be proved may be downloaded anew.
  if (found.path === undefined || 'urls' in found) return found
  const sha256 = (await recordedDigest(found.path)) ?? (await seedSha256(memory, found.path))
  return { ...found, sha256 }
}

/** A seed that is named by its digest, which is all that its stages need to be planned. */
async function digestSeed(
  sha256: string,
  layout: Layout,
  { memory, find }: { memory: DigestMemory; find?: FindSeed | undefined },
): Promise<SeedForecast> {
  const told = { kind: 'given', source: `sha256:${sha256}`, sha256 } as const
  const path = await keptByDigest(layout, sha256, { memory })
  if (path !== undefined) return { ...told, path }
  const found = await find?.(sha256)
  return { ...told, ...(found?.sha256 === sha256 ? { signedBy: found.signedBy } : {}) }
}

/** The digest that the record beside `file` has, if it is of a file of that size. */
async function recordedDigest(file: string): Promise<string | undefined> {
  const record = await readRecord(sideFiles(file).record).catch(() => undefined)
  const size = await stat(file).then(
    (info) => info.size,
    () => undefined,
  )
  return record?.output.bytes === size ? record?.output.sha256 : undefined
}

/** A tarball of the cache without DIGESTS is not good yet: they are fetched, and perhaps it is too. */
async function knownSeed(
  { kind, version }: Extract<ChosenSeed, { version: string }>,
  request: Request,
  layout: Layout,
): Promise<SeedForecast> {
  const sdk = knownSdk(request.definition, version)
  const cached = await findTarball(layout.sdks, sdk.name)
  const file = (await findTarball(layout.builds, sdk.name)) ?? cached
  const isProven = file !== cached || file === undefined || (await isThere(sideFiles(file).digests))
  const urls = sdk.urls.map(({ url }) => redact(url))
  if (file === undefined && urls.length === 0) throw notThere(sdk, layout)
  return {
    ...{ kind, source: version },
    ...(file === undefined ? {} : { path: file }),
    ...(urls.length > 0 && (file === undefined || !isProven) ? { urls } : {}),
  }
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )

async function distributionSeed(
  request: Request,
  layout: Layout,
  find: FindSeed | undefined,
): Promise<SeedForecast> {
  const { definition, profile } = request
  const { host, key, file } = await planDistributionSeed({ definition, layout, profile })
  const source = `${host.id} ${host.codename}`
  return {
    kind: 'distribution',
    source,
    key,
    ...((await cachedSeedBySize(file, key)) ?? (await find?.(key))),
  }
}
