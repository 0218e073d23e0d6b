// compare: how two stages or SDKs differ.

import { SdkError } from '../../errors.js'
import type { Invocation } from '../invocation.js'
import type { Interrupt } from '../signals.js'

/** @returns the exit code. @throws SdkError */
export async function compare(
  { operands }: Extract<Invocation, { kind: 'compare' }>,
  _interrupt: Interrupt,
): Promise<number> {
  throw new SdkError('SDK_USAGE', `compare ${operands.join(' ')}: not available yet`)
}
