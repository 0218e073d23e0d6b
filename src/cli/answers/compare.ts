// What `compare --json` writes.

import * as v from 'valibot'
import { CAUSES } from '../../compare/explain/explanation.js'
import { DIFFERENCE_KINDS } from '../../compare/file-differences.js'
import { IGNORABLE } from '../../compare/ignore.js'
import { PACKAGE_DIFFERENCE_KINDS } from '../../compare/package-differences.js'
import { count, type DeepReadonly, flag, format, sha256, text, texts } from './parts.js'

const SIDE = v.object({
  kind: v.picklist(['archive', 'directory']),
  path: text,
  stage: v.nullable(text),
  version: v.nullable(text),
  sha256: v.nullable(sha256),
  members: count,
  packages: count,
})

const PACKAGE = v.object({
  cpv: text,
  cp: text,
  version: text,
  slot: text,
  repository: text,
  use: texts,
  /** Seconds since 1970; 0 when unknown. */
  buildTime: v.number(),
  origin: v.optional(text),
})

const EXPLANATION = v.object({
  causes: v.array(v.picklist(CAUSES)),
  isExplained: flag,
  sections: v.optional(texts),
  /** By name, on either side. */
  elf: v.optional(v.record(text, v.tuple([text, text]))),
  lines: v.optional(v.object({ a: count, b: count, first: v.tuple([text, text]) })),
  members: v.optional(texts),
  offset: v.optional(count),
  note: v.optional(text),
})

const FILE = v.object({
  path: text,
  package: v.nullable(text),
  differences: v.array(
    v.object({
      kind: v.picklist(DIFFERENCE_KINDS),
      /** Texts for people; null where a side has no such file. */
      a: v.nullable(text),
      b: v.nullable(text),
      why: v.optional(EXPLANATION),
    }),
  ),
})

export const COMPARE = v.object({
  format,
  equal: flag,
  ignored: v.array(v.picklist(IGNORABLE)),
  a: SIDE,
  b: SIDE,
  packages: v.object({
    same: count,
    missing: v.array(PACKAGE),
    added: v.array(PACKAGE),
    changed: v.array(
      v.object({
        cp: text,
        slot: text,
        a: PACKAGE,
        b: PACKAGE,
        differences: v.array(v.picklist(PACKAGE_DIFFERENCE_KINDS)),
      }),
    ),
  }),
  summary: v.object({
    /** Files by kind of difference, and by cause. */
    kinds: v.record(text, count),
    causes: v.record(text, count),
    explained: count,
    unexplained: count,
    mtimeOnly: count,
  }),
  /** The last may have no package: files that none owns. */
  groups: v.array(v.object({ package: v.nullable(text), files: v.array(FILE) })),
})
/** A comparison, as it is told. */
export type ComparisonAnswer = DeepReadonly<v.InferOutput<typeof COMPARE>>
