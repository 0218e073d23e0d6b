// The facts a run is made of. The engine never prints: it emits these, and journal, terminal and --json replay them.

/** Version of the event schema; a consumer refuses what it does not know (docs/events.md). */
export const EVENT_SCHEMA = 1

/** A fact, as the engine states it. Durations are in milliseconds, sizes in bytes, `stage` is `stage1` … `stage4`, or `seed`. */
export type Fact =
  | { type: 'run-started'; version: string; sdk: string; stages: string[]; root: string; pid: number }
  | { type: 'run-finished'; durationMs: number; artifacts: string[]; carried: string[] }
  | {
      type: 'run-failed'
      code: string
      message: string
      hint?: string
      exitCode: number
      durationMs: number
      facts: Record<string, unknown>
    }
  | { type: 'seed-started'; kind: string; source: string }
  | { type: 'seed-finished'; path: string; digest: string; cached: boolean; durationMs: number }
  | { type: 'download-started'; file: string; url: string }
  | { type: 'download-progress'; file: string; done: number; bytes?: number }
  | { type: 'download-finished'; file: string; bytes: number; durationMs: number }
  | { type: 'download-failed'; file: string; url: string; reason: string }
  | { type: 'stage-skipped'; stage: string; reason: string; archive: string }
  | {
      type: 'stage-started'
      stage: string
      seed: string
      seedDigest: string
      repos: string
      given?: string[]
      reason: string
    }
  | {
      type: 'stage-finished'
      stage: string
      archive: string
      digest: string
      bytes: number
      durationMs: number
      engineMs: number
    }
  | {
      type: 'stage-failed'
      stage: string
      step: string
      package?: string
      log?: string
      tail: string[]
      enter: string
      durationMs: number
    }
  | { type: 'step-started'; stage: string; step: string }
  | { type: 'step-finished'; stage: string; step: string; durationMs: number }
  | { type: 'phase-started'; stage: string; phase: string }
  | { type: 'package-started'; stage: string; package: string; index: number; total: number; binary: boolean }
  | {
      type: 'package-merged'
      stage: string
      package: string
      index: number
      total: number
      binary: boolean
      durationMs: number
    }
  | { type: 'package-failed'; stage: string; package: string; log?: string }
  | { type: 'distfiles-planned'; stage: string; files: number; missing: number; bytes: number }
  | { type: 'distfile-fetched'; file: string; bytes: number; durationMs: number }
  | { type: 'publish-started'; target: string; files: number; bytes: number }
  | { type: 'publish-finished'; target: string; files: number; bytes: number; durationMs: number }
  | { type: 'output'; stage: string; line: string }
  | { type: 'info'; message: string }
  | { type: 'warning'; message: string; hint?: string }

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
