// The chain of seeds: each stage's output is the next one's seed, and all go back to one first seed.

import { offerKept } from '../seed/offer-kept.js'
import { type ResolvedSeed, type ResolveOptions, resolveSeed } from '../seed/resolve.js'
import { firstSeedOf } from '../stage/finished.js'
import type { PlannedSeed, Seed } from '../stage/plan/plan.js'
import type { SeedSource } from './next-step.js'
import type { Session } from './session.js'

/** A seed, and the digest of the chain's first one. */
export interface ChainLink {
  readonly seed: Seed
  readonly firstSeed: string
  /** Gets the seed, of which only the digest is known yet; another one, where that one cannot be had any more. */
  readonly fetch?: (() => Promise<ChainLink>) | undefined
}

/** A link whose stage may still be archived, beside the next one. */
export interface PlannedLink {
  readonly seed: PlannedSeed
  readonly firstSeed: string
  readonly fetch?: (() => Promise<PlannedLink>) | undefined
}

/** The first seed of a run, found, downloaded or made when it is asked for first. @throws SdkError as {@link resolveSeed} */
export type FirstLink = () => Promise<ChainLink>

/**
 * Finds the first seed of `session`: `--seed_tarball`, or what the definition says.
 *
 * @param isLazy whether one of the shared store may stay there until it is fetched
 */
export function firstLinkOf(session: Session, { isLazy = false } = {}): FirstLink {
  let found: Promise<ChainLink> | undefined
  return () => {
    found ??= findFirst(session, isLazy)
    return found
  }
}

/**
 * The link that a step names, unless that is what this run has just built: bootstrap.ts has that one itself.
 *
 * @throws SdkError SDK_CHAIN; and as {@link resolveSeed}
 */
export async function linkFor(
  session: Session,
  source: Exclude<SeedSource, { from: 'last' }>,
  first: FirstLink,
): Promise<ChainLink> {
  if (source.from === 'first') return await first()
  const { finished } = source
  return { seed: finished.output, firstSeed: await firstSeedOf(session.run, finished) }
}

async function findFirst(session: Session, isLazy: boolean): Promise<ChainLink> {
  return linkOf(await resolveSeed({ ...seedOptions(session), isLazy }))
}

/** Lets others have the first seed, of which stages are finished; `sha256` is its digest. */
export const offerFirst = (session: Session, sha256: string): Promise<void> =>
  offerKept(seedOptions(session), sha256)

function seedOptions({ request, run, services, shared, hold }: Session): ResolveOptions {
  const { definition, layout, profile, jobs, memory } = run
  const { trees, emit, signal, later } = services
  return {
    ...{ definition, layout, profile, jobs, memory },
    ...{ trees, emit, signal, choice: request.seed, hold, later, shared: shared.seeds },
  }
}

const linkOf = ({ fetch, ...seed }: ResolvedSeed): ChainLink => ({
  ...{ seed, firstSeed: seed.sha256 },
  ...(fetch === undefined ? {} : { fetch: async () => linkOf(await fetch()) }),
})
