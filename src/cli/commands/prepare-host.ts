// What a run needs of this machine, before it begins.

import { findCatalyst } from '../../catalyst/run/host.js'
import { SdkError } from '../../errors.js'
import { requireKeys } from '../../release/sign.js'
import type { Request } from '../../request/request.js'
import { requireRunnable } from '../../toolchain/binfmt.js'
import type { Options } from '../arguments/options/table.js'
import type { Caller } from '../caller.js'
import {
  CACHE_TOOLS,
  CATALYST_TOOLS,
  HOST_TOOLS,
  provideLists,
  provideTools,
  publishTools,
  SEED_TOOLS,
  SIGNATURE_TOOLS,
  STORE_TOOLS,
} from '../host/host-tools.js'
import { sayAside } from '../write.js'

/** Host tools, installed if need be. @throws SdkError SDK_HOST */
export async function prepareHost(options: Options, request: Request, caller: Caller): Promise<void> {
  // First of all: nothing is installed on a machine that cannot build.
  if (process.platform !== 'linux') throw new SdkError('SDK_HOST', 'namespaces need Linux')
  requireRunnable(request.definition)
  if (request.runner === 'catalyst') await findCatalyst()
  const makesSeed = request.seed.kind === 'distribution'
  const checksSeed =
    request.definition.seed.keyring !== undefined && !['given', 'by digest'].includes(request.seed.kind)
  const tools = [
    ...HOST_TOOLS,
    ...(makesSeed ? SEED_TOOLS : []),
    ...(checksSeed ? SIGNATURE_TOOLS : []),
    ...publishTools(request.publish),
    ...(request.store === undefined ? [] : STORE_TOOLS),
    ...(request.compilerCache === undefined ? [] : CACHE_TOOLS),
    ...(request.runner === 'catalyst' ? CATALYST_TOOLS : []),
  ]
  const say = (text: string): void => sayAside(`bootstrap_sdk: ${text}`)
  const how = { install: options.hostSetup, say, signal: caller.interrupt.abort }
  await provideTools(tools, how)
  if (request.publish !== undefined) await requireKeys(request.publish)
  // The sources of a distribution seed are what apt's lists say.
  if (makesSeed) await provideLists(how)
}
