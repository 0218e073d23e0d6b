// fetch: everything that needs the network, now; the build can then do without.

import { fetchSources } from '../../bootstrap/fetch.js'
import { requestLayout, withSession } from '../../bootstrap/session.js'
import { parseVersion } from '../../sdk/version.js'
import type { StagesInvocation } from '../invocation.js'
import { makeRequest } from '../request.js'
import { requireRoot } from '../root.js'
import { withEvents } from '../run-events.js'
import type { Interrupt } from '../signals.js'
import { prepareHost } from './build.js'

/** @returns the exit code. @throws SdkError */
export async function fetch(invocation: StagesInvocation, interrupt: Interrupt): Promise<number> {
  const { options } = invocation
  const asked = await makeRequest(options, invocation.stages)
  // A version of its own: the attempts and logs of the builds stay as they are.
  const request = { ...asked, version: parseVersion(`${asked.definition.version.id}+fetch`) }
  requireRoot()
  await prepareHost(options, request)
  const layout = await requestLayout(request)
  await withEvents(options, { journal: layout.journal, interrupt }, (emit) =>
    withSession(request, { emit, signal: interrupt.abort }, async (session) => {
      const begin = performance.now()
      const { stages, version, definition } = request
      emit({
        type: 'run-started',
        version: version.text,
        sdk: definition.name,
        stages: [...stages],
        root: layout.root,
        pid: process.pid,
      })
      await fetchSources(session)
      emit({
        type: 'run-finished',
        durationMs: Math.round(performance.now() - begin),
        artifacts: [],
        carried: [],
      })
      emit({
        type: 'info',
        message: `the seed and all sources are in ${layout.root}; a build from here on needs no network`,
      })
    }),
  )
  return 0
}
