// What `report --json` writes: what a version took; with --compare how two versions differ.

import * as v from 'valibot'
import { LAST_RUN } from '../../inspect/last-run.js'
import { count, flag, format, milliseconds, text, texts, time } from './parts.js'

const PACKAGE = v.object({
  stage: text,
  package: text,
  binary: flag,
  /** `open`: the run ended before it did. */
  outcome: v.picklist(['done', 'failed', 'open']),
  /** Since the start of the run. */
  startMs: milliseconds,
  endMs: milliseconds,
  workMs: milliseconds,
  waitMs: milliseconds,
  /** Work and wait are concluded from the order of merges: nothing told them apart. */
  isGuess: flag,
  phases: v.array(v.object({ name: text, startMs: milliseconds, endMs: milliseconds })),
  cpuMs: v.optional(milliseconds),
  memoryBytes: v.optional(count),
  /** Of its files in the root. */
  bytes: v.optional(count),
  origin: v.optional(text),
  why: v.optional(text),
  /** What it took in the version before. */
  beforeMs: v.optional(milliseconds),
})

const FIGURES = v.object({
  format,
  version: text,
  page: text,
  run: v.object({
    begun: v.optional(time),
    /** How it ended, and with which error. */
    ...v.omit(LAST_RUN, ['started', 'ended']).entries,
    durationMs: milliseconds,
    workMs: milliseconds,
    waitMs: milliseconds,
    /** Most packages at work at one time. */
    atOnce: count,
  }),
  criticalPath: v.object({
    /** Stages of which nothing says what waited for what. */
    unknown: texts,
    endlessMs: v.nullable(milliseconds),
    packages: v.array(v.object({ stage: text, package: text })),
  }),
  packages: v.array(PACKAGE),
})

const DIFFERENCES = v.object({
  format,
  before: text,
  after: text,
  differences: v.array(
    v.object({
      stage: text,
      /** Empty for the stage as a whole. */
      package: text,
      beforeMs: v.nullable(milliseconds),
      afterMs: v.nullable(milliseconds),
      /** The other version of a package that has changed. */
      was: v.optional(text),
    }),
  ),
})

export const REPORT = v.union([FIGURES, DIFFERENCES])
