// The time of a renderer: tests turn its hands themselves.

/** A monotonic clock and its alarm. */
export interface Timing {
  monotonicMs(): number
  /** Calls `act` once after `ms`; the returned function calls it off. Never keeps the process alive. */
  after(ms: number, act: () => void): () => void
}

/** The clock of this machine. */
export const systemTiming: Timing = {
  monotonicMs: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref()
    return () => clearTimeout(timer)
  },
}
