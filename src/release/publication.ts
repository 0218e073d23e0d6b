// What the steps of publishing share.

import type { Session } from '../bootstrap/session.js'
import type { PublishRequest } from '../request/request.js'

/** A publication under way. `scratch` is a folder for what is made only for it. */
export interface Publication {
  readonly session: Session
  readonly publish: PublishRequest
  readonly scratch: string
}
