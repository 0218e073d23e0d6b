// What every command that runs the engine does around it: host, session, events, and the facts of the run itself.

import { requestLayout, type Session, withSession } from '../bootstrap/session.js'
import type { Emit } from '../events/event.js'
import { ownCommand } from '../process/own-command.js'
import { closeKept, type ToKeep, writeKept } from '../request/kept-request.js'
import type { Request } from '../request/request.js'
import type { Layout } from '../store/layout.js'
import type { Options } from './arguments/options/table.js'
import type { Caller } from './caller.js'
import { withEvents } from './run-events.js'

/** A run as the command line asks for it. */
export interface EngineRun {
  readonly request: Request
  readonly options: Options
  readonly caller: Caller
  /** What is kept of it with its version; nothing of what is no build. */
  readonly keep?: ToKeep
  /** Whether nothing is there to go on with after a run that has failed so. */
  readonly endsForGood?: (error: unknown, layout: Layout) => boolean
}

/** What a run leaves, as `run-finished` says it. */
export interface RunOutcome {
  readonly artifacts: readonly string[]
  readonly carried: readonly string[]
}

/** Opens a session for the request, lets `act` work with it, and states the run's beginning and end. @throws SdkError */
export async function runEngine(
  { request, options, caller, keep, endsForGood = () => false }: EngineRun,
  act: (session: Session, emit: Emit) => Promise<RunOutcome>,
): Promise<void> {
  const layout = await requestLayout(request)
  const begin = performance.now()
  const resume = (error: unknown): string | undefined =>
    endsForGood(error, layout) ? undefined : ownCommand(request.again())
  const { profile } = request
  await withEvents(options, { layout, caller, resume, profile }, (emit, signal) =>
    withSession(request, { layout, emit, signal }, async (session) => {
      const { stages, version, definition } = request
      const what = { version: version.text, sdk: definition.name, stages: [...stages] }
      if (keep !== undefined) await writeKept(layout, keep)
      emit({ type: 'run-started', ...what, root: layout.root, pid: process.pid })
      for (const message of request.notices ?? []) emit({ type: 'info', message })
      for (const message of request.warnings ?? []) emit({ type: 'warning', message })
      const { artifacts, carried } = await act(session, emit)
      if (keep !== undefined) await closeKept(layout)
      const durationMs = Math.round(performance.now() - begin)
      emit({ type: 'run-finished', durationMs, artifacts: [...artifacts], carried: [...carried] })
    }),
  )
}
