// What the verbs write with --json that make something, remove something, or tell options.

import * as v from 'valibot'
import { EXPORTED } from '../../inspect/image/export-image.js'
import { count, type DeepReadonly, flag, format, sha256, text, texts } from './parts.js'

export const EXPORT = v.object({ format, image: text, ...EXPORTED.entries })

export const CLEAN = v.object({
  format,
  root: text,
  dryRun: flag,
  /** Bytes; null where unknown. */
  folders: v.array(v.object({ part: text, freed: v.nullable(count) })),
  versions: v.array(v.object({ version: text, freed: v.nullable(count) })),
})
/** What was, or would be, removed. */
export type CleanedPlace = Omit<DeepReadonly<v.InferOutput<typeof CLEAN>>, 'format'>

const KINDS = ['project', 'user', 'system'] as const

export const CONFIG = v.object({
  format,
  files: v.array(v.object({ kind: v.picklist(KINDS), file: text, exists: flag })),
  options: v.array(
    v.object({
      name: text,
      /** Null: the default, in the words of the manual. */
      value: v.nullable(v.union([texts, flag, text])),
      origin: v.union([
        v.object({ kind: v.picklist(KINDS), file: text, line: count }),
        v.object({ kind: v.literal('environment'), variable: text }),
        v.object({ kind: v.picklist(['default', 'command line']) }),
      ]),
    }),
  ),
})
/** An option as it is, and where that is from. */
export type ShownOption = DeepReadonly<v.InferOutput<typeof CONFIG>>['options'][number]

/** What its writer signed of it, and what it is in the store. */
const ARTEFACT = v.looseObject({
  kind: v.optional(text),
  stage: v.optional(text),
  type: v.optional(text),
  arch: v.optional(text),
  version: v.optional(text),
  time: v.optional(text),
  key: text,
  digest: text,
  bytes: count,
  signedBy: text,
})
const store = { format, store: text }

export const STORE = v.union([
  v.object({
    ...store,
    stages: v.array(ARTEFACT),
    seeds: v.array(ARTEFACT),
    packages: v.array(ARTEFACT),
    refused: v.array(v.object({ tag: text, why: text })),
  }),
  v.object({
    ...store,
    version: text,
    stages: v.array(
      v.object({ stage: text, key: sha256, outcome: v.picklist(['pushed', 'there already']), bytes: count }),
    ),
  }),
  v.object({ ...store, artefact: ARTEFACT, files: texts }),
  v.object({ ...store, dryRun: flag, removed: v.array(ARTEFACT) }),
])
