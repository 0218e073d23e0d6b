// The verbs that run the engine, and what is told of their runs in files.

import { withAccounts } from '../account.js'
import type { Caller } from '../caller.js'
import type { StagesInvocation } from '../invocation.js'
import { warn } from '../run-events.js'
import { build } from './build.js'
import { fetch } from './fetch.js'

/** @returns the exit code. @throws SdkError */
export async function run(invocation: StagesInvocation, caller: Caller): Promise<number> {
  const act = invocation.kind === 'fetch' ? fetch : build
  return await withAccounts({ options: invocation.options, warn }, caller, (hearing) =>
    act(invocation, hearing),
  )
}
