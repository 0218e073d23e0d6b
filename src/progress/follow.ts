// Follows a run in time: the state after the last event, with the clock going on between events.

import type { Event } from '../events/event.js'
import type { Timing } from './estimate/timing.js'
import { advance, initialState, type RunState } from './state.js'

/** A state that is kept up to date. */
export interface Follower {
  take(event: Event): void
  /** The state, with `elapsedMs` brought up to this moment. */
  now(): RunState
}

/** Follows a run from its first event. */
export function followRun(timing: Timing): Follower {
  const state = initialState()
  let offsetMs = -timing.monotonicMs()
  return {
    take(event) {
      advance(state, event)
      offsetMs = event.elapsedMs - timing.monotonicMs()
    },
    now() {
      state.elapsedMs = Math.max(state.elapsedMs, offsetMs + timing.monotonicMs())
      return state
    },
  }
}
