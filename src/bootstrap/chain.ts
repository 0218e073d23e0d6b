// The chain of seeds: which seed the next stage gets.

import { SdkError } from '../errors.js'
import { type StageName, stageBefore } from '../sdk/definition.js'
import { resolveSeed } from '../seed/resolve.js'
import type { Seed } from '../stage/plan/plan.js'
import { finishedStage } from './resume.js'
import type { Session } from './session.js'

/** A seed, and the digest of the chain's first one. */
export interface Link {
  readonly seed: Seed
  readonly first: string
}

/**
 * The seed of the first stage of this run: `--seed_tarball` if given; else the finished stage before it, of this
 * version; else, for stage 1 and for a stage asked for by itself, the default seed.
 *
 * @throws SdkError SDK_CHAIN when the record of a finished stage cannot be read; and as {@link resolveSeed}
 */
export async function firstLink(session: Session, stage: StageName): Promise<Link> {
  const { request, run, shop } = session
  const before = stageBefore(run.definition, stage)
  if (before !== undefined && request.seed.kind !== 'given') {
    const found = await finishedStage(run, before)
    if (found !== undefined) return { seed: found.output, first: await firstSeedOf(session, before) }
  }
  const { definition, layout, profile, jobs } = run
  const { trees, emit, signal } = shop
  const seed = await resolveSeed({
    definition,
    layout,
    profile,
    jobs,
    trees,
    emit,
    signal,
    choice: request.seed,
    hold: session.hold,
  })
  return { seed, first: seed.sha256 }
}

/** The seed of a later stage when the one before it was not asked for: it has to be finished. @throws SdkError SDK_CHAIN */
export async function gapLink(session: Session, stage: StageName): Promise<Link> {
  const before = stageBefore(session.run.definition, stage)
  const found = before === undefined ? undefined : await finishedStage(session.run, before)
  if (before === undefined || found === undefined)
    throw new SdkError(
      'SDK_CHAIN',
      `${stage} needs ${before} of version ${session.run.version.text}, which is not finished`,
      {
        hint: `ask for ${before} too, or leave the stages out to run all of them`,
      },
    )
  return { seed: found.output, first: await firstSeedOf(session, before) }
}

/** Follows the records back to the first stage that has one; its seed began the chain. */
export async function firstSeedOf(session: Session, stage: StageName): Promise<string> {
  let first = ''
  const { definition } = session.run
  for (let at: StageName | undefined = stage; at !== undefined; at = stageBefore(definition, at)) {
    const found = await finishedStage(session.run, at)
    if (found === undefined) break
    first = found.record.inputs.seed.sha256
  }
  return first
}
