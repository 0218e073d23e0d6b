// Who called: what every command is given beside its invocation.

import type { Listener } from '../events/event.js'
import type { Environment } from './environment.js'
import type { Interrupt } from './host/signals.js'

/** The environment that the command was called in, and the signals that may end it. */
export interface Caller {
  readonly environment: Environment
  readonly interrupt: Interrupt
  /** Hears the events of the run, beside its journal; also those before it has begun. */
  readonly account?: Listener
}
