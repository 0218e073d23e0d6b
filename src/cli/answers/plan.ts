// What `plan --json` writes: what a run would do; with --matrix the jobs of a fleet.

import * as v from 'valibot'
import { PLANNED_MERGE } from '../../forecast/packages/merges.js'
import { COMPRESSIONS } from '../../sdk/definition.js'
import { STAGES } from '../../sdk/stages.js'
import { count, type DeepReadonly, flag, format, milliseconds, sha256, text, texts } from './parts.js'

const stage = v.picklist(STAGES)
const REPO = v.object({ name: text, source: text, digest: sha256 })

const STAGE = v.object({
  stage,
  action: v.picklist(['run', 'skip', 'take']),
  reason: text,
  key: v.nullable(sha256),
  /** Of a stage that runs: a stage, or the kind of the seed. */
  seed: v.optional(v.object({ from: text, path: v.optional(text), sha256: v.optional(sha256) })),
  repos: v.picklist(['seed', 'checkout', 'given']),
  given: v.array(REPO),
  updatesSeed: flag,
  completesSeed: flag,
  carry: texts,
  archive: text,
  /** The stage beside which its archive is made, if there is memory for both; null where it is made before the next one begins. */
  beside: v.nullable(stage),
})

const SEED = v.object({
  kind: v.picklist(['given', 'own SDK', 'seed version', 'distribution']),
  source: text,
  path: v.optional(text),
  sha256: v.optional(sha256),
  key: v.optional(text),
  /** Of one that is taken from the shared store, or was. */
  signedBy: v.optional(text),
  urls: v.optional(texts),
})

const PACKAGES = v.object({
  database: v.object({ kind: v.picklist(['own', 'synthetic']), packages: count }),
  durationMs: milliseconds,
  stages: v.array(v.object({ stage, durationMs: milliseconds, merges: v.array(PLANNED_MERGE) })),
  problem: v.nullable(text),
})

const WRITTEN_SPECS = v.object({
  files: texts,
  snapshots: v.array(v.object({ path: text, source: text })),
  unsaid: v.array(v.object({ key: text, why: text })),
})

const RUN = v.object({
  format,
  sdk: v.object({ name: text, type: text, arch: text, chost: text, file: text }),
  version: v.object({ text, isNew: flag }),
  root: text,
  profile: text,
  compression: v.picklist(COMPRESSIONS),
  jobs: count,
  rebuild: flag,
  exact: flag,
  seed: v.nullable(SEED),
  repos: v.array(v.object({ ...REPO.entries, archive: text })),
  cross: v.array(v.object({ chost: text, packages: texts })),
  stages: v.array(STAGE),
  release: v.nullable(text),
  notices: texts,
  warnings: texts,
  overrides: v.array(v.object({ features: texts, why: text })),
  specs: v.nullable(WRITTEN_SPECS),
  publish: v.nullable(
    v.object({
      target: v.nullable(text),
      output: v.nullable(text),
      sign: v.nullable(text),
      signDigests: v.nullable(text),
    }),
  ),
  /** With --packages. */
  packages: v.optional(PACKAGES),
})

const JOB = v.object({
  id: text,
  key: v.nullable(sha256),
  /** Ids of the jobs that have to be done before. */
  needs: texts,
  sdk: text,
  arch: text,
  profile: text,
  version: text,
  stage,
  cores: v.nullable(v.number()),
  /** GiB, as `disk`. */
  memory: v.nullable(v.number()),
  disk: v.nullable(v.number()),
  minutes: v.nullable(v.number()),
  labels: texts,
  command: texts,
})

/** One stage to build. */
export type MatrixJob = DeepReadonly<v.InferOutput<typeof JOB>>

const JOBS = v.object({
  format,
  jobs: v.array(JOB),
  /** Exit codes after which a retry may help, and after which it cannot. */
  retry: v.object({ worth: v.array(count), never: v.array(count) }),
})

export const PLAN = v.union([RUN, JOBS])
/** A plan of one run, as it is told. */
export type RunPlan = DeepReadonly<v.InferOutput<typeof RUN>>
/** Its part about packages. */
export type PackagesPlan = DeepReadonly<v.InferOutput<typeof PACKAGES>>
