// What the steps of `plan --packages` hand to each other.

import type { Session } from '../../bootstrap/session.js'
import type { StageName } from '../../sdk/stages.js'
import type { Seed } from '../../stage/plan/plan.js'
import type { Layout } from '../../store/layout.js'
import type { PlannedMerge } from './merges.js'
import type { RepoOverlays } from './pretend.js'

/** Planning at work. */
export interface Planning {
  readonly session: Session
  /** The layer with the stand-ins. */
  readonly layer: string
  /** A layout of its own for `name`, thrown away at the end. */
  place(name: string): Layout
}

/** What a stage is planned upon. */
export interface PlannedRoot {
  readonly seed: Seed
  /** Digest of the chain's first seed. */
  readonly firstSeed: string
  /** Layers of its root, top first. */
  readonly layers: readonly string[]
  readonly database: { readonly tar: string }
  /** How many packages that has. */
  readonly packages: number
  /** No real root has this database. */
  readonly isSynthetic: boolean
  /** The repos with their md5-cache. */
  readonly repos: RepoOverlays
}

/** What one stage would merge. */
export interface StagePackages {
  readonly stage: StageName
  /** The calls of emerge, in order. */
  readonly merges: readonly PlannedMerge[]
  readonly durationMs: number
}
