// The chain of seeds: each stage's output is the next one's seed, and all go back to one first seed.

import { resolveSeed } from '../seed/resolve.js'
import { firstSeedOf } from '../stage/finished.js'
import type { PlannedSeed, Seed } from '../stage/plan/plan.js'
import type { SeedSource } from './next-step.js'
import type { Session } from './session.js'

/** A seed, and the digest of the chain's first one. */
export interface Link {
  readonly seed: Seed
  readonly firstSeed: string
}

/** A link whose stage may still be archived, beside the next one. */
export interface LooseLink {
  readonly seed: PlannedSeed
  readonly firstSeed: string
}

/** The first seed of a run, found, downloaded or made when it is asked for first. @throws SdkError as {@link resolveSeed} */
export type FirstLink = () => Promise<Link>

/** Finds the first seed of `session`: `--seed_tarball`, or what the definition says. */
export function firstLinkOf(session: Session): FirstLink {
  let found: Promise<Link> | undefined
  return () => {
    found ??= findFirst(session)
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
): Promise<Link> {
  if (source.from === 'first') return await first()
  const { finished } = source
  return { seed: finished.output, firstSeed: await firstSeedOf(session.run, finished) }
}

async function findFirst({ request, run, services, shared, hold }: Session): Promise<Link> {
  const { definition, layout, profile, jobs, memory } = run
  const { trees, emit, signal, later } = services
  const seed = await resolveSeed({
    ...{ definition, layout, profile, jobs, memory },
    ...{ trees, emit, signal, choice: request.seed, hold, later, shared: shared.seeds },
  })
  return { seed, firstSeed: seed.sha256 }
}
