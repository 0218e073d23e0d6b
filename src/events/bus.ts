// Gives facts their time and hands them to the listeners, in order.

import { type Emit, EVENT_SCHEMA, type Event, type Listener } from './event.js'

/** The clocks of a bus; tests give their own. */
export interface Clock {
  /** Wall clock. */
  now(): Date
  /** Monotonic milliseconds. */
  monotonicMs(): number
}

/** The clocks of this machine. */
const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}

/**
 * An {@link Emit} that stamps each fact and passes it to every listener. A listener that throws (a full disk under
 * the journal, say) is not dropped silently: its first error is kept and thrown by {@link Bus.close}.
 */
export interface Bus {
  emit: Emit
  /** Closes all listeners. @throws the first error that a listener threw */
  close(): void
}

/** See {@link createBus}. */
export interface BusOptions {
  clock?: Clock
  /** Told the first error that a listener threw, when it does. */
  onError?: (error: unknown) => void
}

/** Makes a bus over `listeners`. */
export function createBus(
  listeners: readonly Listener[],
  { clock = systemClock, onError = () => {} }: BusOptions = {},
): Bus {
  const start = clock.monotonicMs()
  let firstError: unknown
  const guard = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      if (firstError === undefined) {
        firstError = error
        onError(error)
      }
    }
  }
  return {
    emit(fact) {
      const event: Event = {
        v: EVENT_SCHEMA,
        time: clock.now().toISOString(),
        elapsedMs: Math.round(clock.monotonicMs() - start),
        ...fact,
      }
      for (const listener of listeners) guard(() => listener.on(event))
    },
    close() {
      for (const listener of listeners) guard(() => listener.close())
      if (firstError !== undefined) throw firstError
    },
  }
}
