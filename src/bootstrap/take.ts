// A stage of the shared store in the run: taken whole, or left there until something is made of it.

import type { Believed } from '../registry/artefact.js'
import { subjectOf } from '../registry/push.js'
import { type StageName, TRAITS } from '../sdk/stages.js'
import { type Beside, seedOf } from './beside.js'
import type { ChainLink, PlannedLink } from './chain.js'
import type { Step } from './next-step.js'
import type { Session } from './session.js'

/** A stage that this run has skipped or built: its output, whether this run built it, and the digest of the chain's first seed. */
export interface Done extends PlannedLink {
  readonly stage: StageName
  readonly isNew: boolean
  /** It stayed in the store. */
  readonly isLeft?: boolean
  /** Gets the proofs of the stages of its chain that stayed in the store, for who builds `upon` them. */
  readonly proofs?: ((upon: StageName) => Promise<void>) | undefined
}

/** A stage that is not finished, and upon what it is built. */
export interface Missing {
  readonly stage: StageName
  readonly step: Extract<Step, { action: 'run' }>
  readonly link: PlannedLink
  /** What others have built is taken from the shared store. */
  readonly takes: boolean
  readonly mayStay: boolean
  readonly proofs: Done['proofs']
  readonly beside: Beside
  /** The stage that the run goes on with. */
  readonly next: StageName | undefined
}

/** What the store has of a key. */
export type Offered = Believed & { readonly key: string }

/** Takes all of a stage; undefined, with a warning, where that cannot be done. */
export async function takeWhole(
  { run, shared }: Session,
  { stage, link: { seed: upon, firstSeed }, proofs }: Missing,
  offer: Offered,
): Promise<(ChainLink & Done) | undefined> {
  const seed = await seedOf(upon)
  const taken = await shared.take(offer, { run, wanted: { stage, seed, firstSeed, key: offer.key } })
  return taken === undefined ? undefined : { stage, seed: taken.output, firstSeed, isNew: true, proofs }
}

/**
 * Goes on with what is known of a stage in the store: all of it, or its proofs, are fetched when something is built upon it.
 *
 * @param build builds it, should it not be there any more by then
 */
export function leaveThere(
  session: Session,
  missing: Missing,
  { offer, build }: { offer: Offered; build: () => Promise<Done> },
): Done {
  const { run, services, shared } = session
  const { layout } = run
  const { stage, link } = missing
  const { firstSeed } = link
  const { key, digest } = offer
  const archive = `${session.request.store?.reference.text}@${digest}`
  services.emit({ type: 'stage-skipped', stage, reason: LEFT, archive })
  const get = async (): Promise<Done> => (await takeWhole(session, missing, offer)) ?? (await build())
  let got: Promise<Done> | undefined
  const fetch = (): Promise<Done> => {
    got ??= get()
    return got
  }
  const proofs = async (upon: StageName): Promise<void> => {
    await missing.proofs?.(upon)
    const withPool = TRAITS[stage].pool === 'keeps' && TRAITS[upon].pool === 'takes'
    const isHad =
      got !== undefined || (await shared.takeProofs(offer, { layout, stage, key, firstSeed, withPool }))
    if (!isHad) await fetch()
  }
  const seed = { path: layout.archive(stage, run.compression), sha256: subjectOf(offer), key }
  return { stage, seed, firstSeed, isNew: true, isLeft: true, fetch, proofs }
}

/** Why a stage is not fetched that the store has. */
const LEFT = 'in the store, and nothing is made of it here'
