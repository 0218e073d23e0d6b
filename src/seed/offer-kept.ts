// The seed that finished stages were built upon, for who has the stages from a store: without it nobody finds them by their keys.

import { SdkError } from '../errors.js'
import { knownSha256 } from '../store/digest/known-digest.js'
import { keptByDigest, offerGiven } from './by-digest.js'
import type { SeedChoice } from './choose.js'
import { type DistributionOptions, planDistributionSeed } from './distribution/distribution.js'
import { offer } from './distribution/shared-seed.js'
import { cachedSeed } from './seed-cache.js'

/**
 * Lets others have the seed of `choice`, if it is still here and is the one of `sha256`. Nothing is made or fetched for it, and what
 * cannot be found out is no error of a run that has no need of it.
 */
export async function offerKept(
  options: DistributionOptions & { readonly choice: SeedChoice },
  sha256: string,
): Promise<void> {
  const { choice, shared, memory, emit } = options
  if (shared?.writes !== true) return
  try {
    if (choice.kind === 'distribution') {
      const plan = await planDistributionSeed(options)
      const cached = await cachedSeed(plan.file, plan.key, options)
      if (cached?.sha256 === sha256) await offer({ ...options, ...plan }, cached)
    } else if (choice.kind === 'given' || choice.kind === 'by digest') {
      const file = choice.kind === 'given' ? choice.file : await keptByDigest(options.layout, sha256, options)
      const own =
        file === undefined ? undefined : await knownSha256(memory, file, emit).catch(() => undefined)
      if (file !== undefined && own === sha256)
        await offerGiven({ path: file, sha256 }, { ...options, shared })
    }
  } catch (error) {
    if (!(error instanceof SdkError) || error.code === 'SDK_SPACE') throw error
    emit({ type: 'warning', message: `the seed is not put into the store: ${error.message}` })
  }
}
