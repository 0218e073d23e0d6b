// fetch: everything that needs the network, now; the build can then do without.

import { fetchSources } from '../../bootstrap/fetch.js'
import type { Caller } from '../caller.js'
import { runEngine } from '../engine-run.js'
import { requireRoot } from '../host/root.js'
import type { StagesInvocation } from '../invocation.js'
import { recall } from '../request/recall.js'
import { makeRunRequest } from '../request/request.js'
import { prepareHost } from './prepare-host.js'

/** @returns the exit code. @throws SdkError */
export async function fetch(invocation: StagesInvocation, caller: Caller): Promise<number> {
  const call = await recall(invocation, caller.environment)
  const { options } = call
  const asked = await makeRunRequest(call, caller.environment)
  // A version of its own: the attempts and logs of the builds stay as they are.
  const { id } = asked.definition.version
  const request = { ...asked, version: { text: `${id}+fetch`, id, buildId: 'fetch' } }
  requireRoot()
  await prepareHost(options, request, caller)
  await runEngine({ request, options, caller }, async (session, emit) => {
    await fetchSources(session)
    const { root } = session.run.layout
    emit({
      type: 'info',
      message: `the seed and all sources are in ${root}; a build from here on needs no network`,
    })
    return { artifacts: [], carried: [] }
  })
  return 0
}
