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

/** Follows a run from its first event; `doing`: what goes on while no stage does. */
export function followRun(timing: Timing, doing?: string): Follower {
  const state = initialState(doing)
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
