// SIGINT, SIGTERM and SIGHUP end a run in order: the first aborts what runs and lets it clean up, a second one does not
// wait. One that the caller ignores is ignored.

import { constants } from 'node:os'

/** How the run was interrupted, if it was. */
export interface Interrupt {
  readonly abort: AbortSignal
  /** 128 + number of the signal, once one came. */
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  /** Is called before this process ends at once: leaves the terminal clean. Waits for nothing. */
  readonly beforeLeaving: Set<() => void>
}

/** The signals that end a run. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Ends this process at once. Node's own exit waits for calls of the system that its threads are in (a file of a server that is
 * gone, say), perhaps for ever: so the signal is left to the kernel, for which shells tell the same exit code.
 */
function leave(signal: NodeJS.Signals, exitCode: number, before: Interrupt['beforeLeaving']): void {
  for (const act of before) act()
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  // The first process of a container gets no signal that it does not handle.
  process.exit(exitCode)
}

/** Installs the handlers. Signals in `ignored` do nothing from here on. */
export function handleSignals(ignored: readonly NodeJS.Signals[]): Interrupt {
  const controller = new AbortController()
  const beforeLeaving = new Set<() => void>()
  const state: { exitCode: number | undefined; signal: NodeJS.Signals | undefined } = {
    exitCode: undefined,
    signal: undefined,
  }
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (ignored.includes(signal)) return
      const exitCode = 128 + constants.signals[signal]
      // The sandboxes die with this process, so leaving at once is clean too; only words are lost.
      if (state.exitCode !== undefined) leave(signal, exitCode, beforeLeaving)
      Object.assign(state, { exitCode, signal })
      controller.abort(new Error(`interrupted by ${signal}`))
    })
  return {
    beforeLeaving,
    abort: controller.signal,
    get exitCode() {
      return state.exitCode
    },
    get signal() {
      return state.signal
    },
  }
}
