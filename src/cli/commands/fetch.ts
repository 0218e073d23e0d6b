// fetch: everything that needs the network, now; the build can then do without.

import { fetchSources } from '../../bootstrap/fetch.js'
import { requestLayout, withSession } from '../../bootstrap/session.js'
import type { StagesInvocation } from '../invocation.js'
import { makeRequest } from '../request.js'
import { requireRoot } from '../root.js'
import { withEvents } from '../run-events.js'
import type { Interrupt } from '../signals.js'
import { prepareHost } from './build.js'

/** @returns the exit code. @throws SdkError */
export async function fetch(invocation: StagesInvocation, interrupt: Interrupt): Promise<number> {
  const { options } = invocation
  const request = await makeRequest(options, invocation.stages)
  requireRoot()
  await prepareHost(options, request.seedTarball === undefined)
  const layout = await requestLayout(request)
  await withEvents(options, { journal: layout.journal, interrupt }, (emit) =>
    withSession(request, { emit, signal: interrupt.abort }, async (session) => {
      await fetchSources(session)
      emit({
        type: 'info',
        message: `the seed and all sources are in ${layout.root}; a build from here on needs no network`,
      })
    }),
  )
  return 0
}
