// What the verbs write with --json that look at versions, logs and the machine.

import * as v from 'valibot'
import { CHECK } from '../../doctor/check.js'
import { LAST_RUN } from '../../inspect/last-run.js'
import { BUNDLED_FILE, LEFT_OUT } from '../../inspect/logs/bundle.js'
import { VERSION_STATE } from '../../inspect/versions.js'
import { KEPT_OPTIONS } from '../../request/kept-request.js'
import { STAGES } from '../../sdk/stages.js'
import { count, type DeepReadonly, flag, format, sha256, text, texts, time } from './parts.js'

const stage = v.picklist(STAGES)

const SDK = v.object({
  type: text,
  arch: text,
  /** The newest first. */
  versions: v.array(
    v.object({
      ...VERSION_STATE.entries,
      lastRun: v.optional(LAST_RUN),
      /** What its runs were asked, and whether that is done; absent: nobody knows. */
      asked: v.optional(
        v.object({ begun: time, isDone: flag, stages: v.array(stage), options: KEPT_OPTIONS }),
      ),
    }),
  ),
})

export const STATUS = v.object({
  format,
  root: text,
  ...SDK.entries,
  /** What else is below the root: stages of specs and of other definitions. */
  others: v.array(SDK),
  /** Bytes by folder of the catalyst root; null where unknown. */
  disk: v.record(text, v.nullable(count)),
})
/** The versions of an SDK. */
export type SdkState = DeepReadonly<v.InferOutput<typeof SDK>>
/** What is shown: the definition's SDK first. */
export type Status = DeepReadonly<v.InferOutput<typeof STATUS>>

export const LOG = v.object({
  format,
  version: text,
  stage: text,
  /** Null: it is the log of a stage. */
  package: v.nullable(text),
  log: text,
  bytes: count,
  older: texts,
})

export const WHY = v.object({
  format,
  version: text,
  /** Stages that were built or begun and have no such package. */
  without: v.array(stage),
  packages: v.array(
    v.object({
      stage,
      key: v.optional(sha256),
      cpv: text,
      origin: v.picklist(['source', 'carried', 'reused', 'seed', 'merged', 'failed', 'begun']),
      why: texts,
      listedBy: texts,
      wantedBy: v.nullable(v.array(v.object({ cpv: text, purposes: texts, isOneOf: flag }))),
    }),
  ),
})

const CONTENTS = v.object({
  format,
  version: text,
  failed: v.nullable(v.object({ stage, time, package: v.optional(text) })),
})
/** What a bundle of logs is about. */
export type BundleContents = DeepReadonly<v.InferOutput<typeof CONTENTS>>

export const COLLECTED = v.object({
  ...CONTENTS.entries,
  /** The archive. */
  file: text,
  files: v.array(BUNDLED_FILE),
  leftOut: v.array(LEFT_OUT),
})

export const SERVE = v.object({ format, version: text, url: text })

export const DOCTOR = v.object({
  format,
  ok: flag,
  /** The catalyst root, or the folder above it that is there. */
  folder: text,
  checks: v.array(CHECK),
})
/** What `doctor` finds. */
export type Doctor = DeepReadonly<v.InferOutput<typeof DOCTOR>>
