// The facts a run is made of. The engine never prints: it emits these, and journal, terminal and --json replay them.
// schema.ts describes each.

import type { InferOutput } from 'valibot'
import type { FACT_SCHEMAS } from './schema.js'

/** Version of the event schema; a consumer refuses what it does not know (docs/events.md). */
export const EVENT_SCHEMA = 1

type Schemas = typeof FACT_SCHEMAS

/** A fact, as the engine states it. */
export type Fact = { [T in keyof Schemas]: { type: T } & InferOutput<Schemas[T]> }[keyof Schemas]

/** A fact with its place in time: `time` is ISO 8601 in UTC, `elapsedMs` counts on a monotonic clock from the start of the run. */
export type Event = Fact & { v: typeof EVENT_SCHEMA; time: string; elapsedMs: number }

/** Where the engine states its facts. Never throws. */
export type Emit = (fact: Fact) => void

/** Anything that consumes events: the journal or a renderer. */
export interface Listener {
  on(event: Event): void
  /** Called once, after the last event. */
  close(): void
}
