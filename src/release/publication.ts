// What the steps of publishing share.

import type { PublishRequest } from '../request/request.js'
import type { RunSettings } from '../stage/plan/plan.js'
import type { StageServices } from '../stage/runner.js'

/** The run whose release is published. */
export interface ReleasedRun {
  readonly run: RunSettings
  readonly services: Pick<StageServices, 'emit' | 'signal'>
}

/** A publication under way. `scratch` is a folder for what is made only for it. */
export interface Publication extends ReleasedRun {
  readonly publish: PublishRequest
  readonly scratch: string
}
