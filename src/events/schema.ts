// The one description of each event: its type is inferred from here, and journal lines are checked by it. docs/events.md says it
// in words; a test holds both together.

import * as v from 'valibot'

const text = v.string()
const texts = v.array(text)
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const bytes = count
const durationMs = v.pipe(v.number(), v.finite(), v.minValue(0))
const optionalText = v.optional(text)
const flag = v.boolean()
const packageInList = { stage: text, package: text, index: count, total: count, binary: flag }

/**
 * The fields of each fact, by its `type`. Durations are in milliseconds, sizes in bytes, `stage` is `stage1` … `stage4`, or
 * `seed`. An optional field that is undefined is not written. A field that is not named here is allowed: a later version may add it.
 */
export const FACT_SCHEMAS = {
  'run-started': v.object({ version: text, sdk: text, stages: texts, root: text, pid: count }),
  'run-finished': v.object({ durationMs, artifacts: texts, carried: texts }),
  'run-failed': v.object({
    code: text,
    message: text,
    hint: optionalText,
    exitCode: count,
    durationMs,
    facts: v.record(text, v.unknown()),
    version: optionalText,
    resume: optionalText,
    /** Commands that show the log of the stage that failed, and pack all that a report needs. */
    look: v.optional(texts),
  }),
  'seed-started': v.object({ kind: text, source: text }),
  'seed-finished': v.object({ path: text, digest: text, cached: flag, durationMs }),
  'download-started': v.object({ file: text, url: text }),
  'download-progress': v.object({ file: text, done: bytes, bytes: v.optional(bytes) }),
  'download-finished': v.object({ file: text, bytes, durationMs }),
  'download-failed': v.object({ file: text, url: text, reason: text }),
  'stage-skipped': v.object({ stage: text, reason: text, archive: text }),
  'stage-started': v.object({
    stage: text,
    seed: text,
    /** Not there while the archive of the stage before is still being made. */
    seedDigest: optionalText,
    repos: text,
    given: v.optional(texts),
    reason: text,
    key: v.optional(text),
  }),
  'stage-finished': v.object({
    stage: text,
    archive: text,
    digest: text,
    bytes,
    durationMs,
    engineMs: durationMs,
    /** How long the next stage ran beside it at its end. */
    besideMs: v.optional(durationMs),
  }),
  'stage-failed': v.object({
    stage: text,
    step: text,
    package: optionalText,
    log: optionalText,
    problem: v.optional(texts),
    causes: v.optional(v.array(v.object({ line: count, text }))),
    /** Of a package that would overwrite files of others; `owner`: whose a file is. */
    collisions: v.optional(v.array(v.object({ path: text, owner: optionalText }))),
    tail: texts,
    enter: optionalText,
    durationMs,
  }),
  'step-started': v.object({ stage: text, step: text }),
  'step-finished': v.object({ stage: text, step: text, durationMs }),
  'phase-started': v.object({ stage: text, phase: text }),
  /** What the run pass of a stage will merge, as Portage sees it before; not more than 5000. */
  'packages-planned': v.object({
    stage: text,
    packages: v.array(v.object({ package: text, binary: flag })),
  }),
  'package-started': v.object(packageInList),
  'package-merged': v.object({ ...packageInList, durationMs }),
  'package-phase': v.object({ stage: text, package: text, phase: text }),
  /** Of a package while it is built, not of emerge. */
  'package-output': v.object({ stage: text, package: text, line: text, logBytes: v.optional(bytes) }),
  'package-failed': v.object({ stage: text, package: text, log: optionalText }),
  'resources-measured': v.object({
    stage: text,
    periodMs: durationMs,
    cpuMs: durationMs,
    memoryBytes: bytes,
    freeBytes: bytes,
    processes: count,
  }),
  'distfiles-planned': v.object({ stage: text, files: count, missing: count, bytes }),
  'distfile-fetched': v.object({ file: text, bytes, durationMs }),
  /** Bytes of work that takes long. */
  'work-progress': v.object({
    stage: optionalText,
    work: text,
    name: text,
    done: bytes,
    /** In all, or about so many. */
    bytes: v.optional(bytes),
    durationMs,
    ended: v.optional(flag),
  }),
  'publish-started': v.object({ target: text, files: count, bytes }),
  'publish-finished': v.object({ target: text, files: count, bytes, durationMs }),
  output: v.object({ stage: text, line: text }),
  info: v.object({ message: text }),
  warning: v.object({ message: text, hint: optionalText }),
}

/** Every event type there is. */
export const EVENT_TYPES = Object.keys(FACT_SCHEMAS) as readonly (keyof typeof FACT_SCHEMAS)[]
