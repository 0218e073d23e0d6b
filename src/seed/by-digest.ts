// A given seed that is named by its digest: kept among the seeds of the catalyst root, or had from other machines. It is what its
// digest says, or none.

import { mkdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { SdkError } from '../errors.js'
import type { Emit } from '../events/event.js'
import { type DigestMemory, knownSha256 } from '../store/digest/known-digest.js'
import { givenSeed } from '../store/given-seed.js'
import { type Layout, PRIVATE } from '../store/layout.js'
import { acquireLock } from '../store/lock.js'
import type { FoundSeed, OfferedSeed, SeedExchange } from './distribution/shared-seed.js'

/** What having a seed by its digest needs. */
interface ByDigest {
  readonly layout: Layout
  readonly memory?: DigestMemory
  readonly emit: Emit
  readonly shared?: SeedExchange | undefined
  readonly isLazy?: boolean | undefined
}

/** The file of that digest among the seeds of `layout`; undefined where there is none, or it has other bytes by now. */
export async function keptByDigest(
  layout: Layout,
  sha256: string,
  { memory, emit }: Pick<ByDigest, 'memory'> & { emit?: Emit },
): Promise<string | undefined> {
  const file = givenSeed(layout.root, sha256)
  return (await knownSha256(memory, file, emit).catch(() => undefined)) === sha256 ? file : undefined
}

/**
 * The seed of this digest.
 *
 * @throws SdkError SDK_SEED when nobody has it; SDK_LOCKED when another run fetches it for more than an hour
 */
export async function seedByDigest(sha256: string, options: ByDigest): Promise<OfferedSeed> {
  const { layout, shared, isLazy, emit } = options
  const kept = await keptByDigest(layout, sha256, options)
  if (kept !== undefined) return { path: kept, sha256, cached: true }
  const found = await shared?.find(sha256, INSTEAD)
  if (shared === undefined || found?.sha256 !== sha256) throw nowhere(sha256, options)
  const { signedBy } = found
  const fetch = (): Promise<FoundSeed> => taken(sha256, options)
  if (isLazy !== true) return await fetch()
  emit({
    type: 'info',
    message: `the seed: ${shared.name} has it, signed by ${signedBy}; it is fetched when something is built upon it`,
  })
  return { path: givenSeed(layout.root, sha256), sha256, signedBy, cached: true, fetch }
}

async function taken(sha256: string, options: ByDigest): Promise<FoundSeed> {
  const { layout, shared } = options
  const file = givenSeed(layout.root, sha256)
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE })
  const lock = await acquireLock(`${file}.lock`, { purpose: 'fetch a seed' }, { waitSeconds: 3600 })
  try {
    const kept = await keptByDigest(layout, sha256, options)
    if (kept !== undefined) return { path: kept, sha256, cached: true }
    const had = await shared?.take({ key: sha256, file, root: layout.root, instead: INSTEAD })
    if (had?.sha256 === sha256) return { path: file, sha256, cached: true, signedBy: had.signedBy }
    await rm(file, { force: true })
    throw nowhere(sha256, options)
  } finally {
    lock.release()
  }
}

/** No other one will do. */
const INSTEAD = 'it is not had from there'

/** Lets others have a seed that was given here as a file, by its digest. One that is gone by then is said: it may have done its part. */
export async function offerGiven(
  { path: file, sha256 }: { path: string; sha256: string },
  { layout, shared, emit }: Pick<ByDigest, 'layout' | 'emit'> & { shared: SeedExchange },
): Promise<void> {
  const about = { type: layout.type, arch: layout.arch, version: path.basename(file) }
  const name = path.basename(givenSeed(layout.root, sha256))
  try {
    const { size: bytes } = await stat(file)
    await shared.give({ key: sha256, file, root: layout.root, name }, { sha256, bytes, about })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    emit({ type: 'warning', message: `the seed ${file} is gone: it is not put into ${shared.name}` })
  }
}

const nowhere = (sha256: string, { layout, shared }: ByDigest): SdkError =>
  new SdkError(
    'SDK_SEED',
    `the seed sha256:${sha256} is not there: it is not ${givenSeed(layout.root, sha256)}, and ${shared === undefined ? 'there is no --store' : `${shared.name} has none that is believed`}`,
    {
      hint: 'give the file itself with --seed_tarball FILE; a run that does so with --store_mode write puts it there',
    },
  )
