// Who called: what every command is given beside its invocation.

import type { Environment } from './environment.js'
import type { Interrupt } from './signals.js'

/** The environment that the command was called in, and the signals that may end it. */
export interface Caller {
  readonly environment: Environment
  readonly interrupt: Interrupt
}
