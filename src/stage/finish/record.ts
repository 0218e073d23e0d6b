// Puts a finished stage's record together: every input by digest, every package with where it came from.

import path from 'node:path'
import { digestText } from '../../portage/distfiles/distfile.js'
import type { GitInput } from '../../portage/live/live-package.js'
import { stageProfile } from '../../sdk/definition.js'
import { programVersion } from '../../sdk/program-version.js'
import { TRAITS } from '../../sdk/stages.js'
import { lineageDigest } from '../../store/lineage-file.js'
import { RECORD_FORMAT, type StageRecord } from '../../store/record.js'
import { recordedSeed } from '../finished.js'
import { stageEnvironment } from '../plan/environment.js'
import type { SeededPlan } from '../plan/plan.js'
import type { StageInput } from '../run/input.js'
import type { Stopwatch } from '../stopwatch.js'
import type { Finished, SeedTraces } from './finish.js'
import type { Reported } from './reported.js'
import { SEED_MAKER, toolVersions } from './tools.js'

/** What a record is made from. */
export interface RecordParts {
  input: StageInput
  finished: Finished
  watch: Stopwatch
  reported: Reported
  context: {
    merged: ReadonlyMap<string, boolean>
    ccache?: StageRecord['inputs']['ccache'] | undefined
  }
  /** What live packages were built from. */
  git: readonly GitInput[]
  /** The number of this stage among those of its name (finish-order.ts). */
  order: number
  /** Versions of other programs that made the root, by name. */
  tools?: Readonly<Record<string, string>>
}

/** The record of `plan`. */
export function makeRecord(plan: SeededPlan, parts: RecordParts): StageRecord {
  const { finished, watch } = parts
  const { definition } = plan
  const { pack } = finished
  const { scan, traces } = finished
  const { elf } = scan
  const list = packages(parts)
  return {
    format: RECORD_FORMAT,
    stage: plan.stage,
    type: definition.type,
    arch: definition.archName,
    version: plan.version.text,
    sdk: {
      name: definition.name,
      definitionSha256: plan.definitionSha256,
    },
    inputs: inputs(plan, parts, list),
    output: {
      file: path.basename(finished.archive),
      sha256: pack.digests.sha256,
      bytes: pack.bytes,
      tarSha256: pack.tarSha256,
      rootSha256: scan.digest,
      entries: pack.entries,
      digests: pack.digests,
    },
    packages: list,
    elf: { files: elf.files, checked: elf.checked, missing: elf.missing.length, ...elf.table },
    ...(traces === undefined ? {} : { carried: carriedOf(traces) }),
    ...(scan.unowned === undefined ? {} : { unowned: scan.unowned.files }),
    timing: timingOf(watch, parts.order),
  }
}

const timingOf = (watch: Stopwatch, order: number): StageRecord['timing'] => ({
  ...{ started: watch.started.toISOString(), finished: watch.now().toISOString(), steps: watch.steps, order },
})

function inputs(plan: SeededPlan, parts: RecordParts, list: StageRecord['packages']): StageRecord['inputs'] {
  const { input, reported } = parts
  return {
    ...(plan.key === undefined ? {} : { key: plan.key }),
    seed: recordedSeed(plan.seed),
    ...input,
    repos: plan.stageRepos.map(({ name, source, edited, tree }) => ({
      ...{ name, ...source, edited },
      digest: tree?.digest ?? plan.seed.sha256,
    })),
    profile: stageProfile(plan.definition, plan.profile, plan.stage),
    carry: [...plan.carry],
    packagesCarried: list
      .filter(({ origin }) => origin === 'carried')
      .map(({ cpv }) => ({
        cpv,
        from: TRAITS[plan.stage].pool === 'takes' ? plan.firstSeed : plan.seed.sha256,
      })),
    distfiles: Object.fromEntries(reported.distfiles.map(({ name, digests }) => [name, digestText(digests)])),
    ...(reported.intoSeed.length === 0 ? {} : { mergedIntoSeed: [...reported.intoSeed] }),
    ...(parts.git.length === 0 ? {} : { git: [...parts.git] }),
    environment: stageEnvironment(plan),
    tools: { ...toolVersions((name) => makesSeeds(plan) || name !== SEED_MAKER), ...parts.tools },
    ...(parts.context.ccache === undefined ? {} : { ccache: parts.context.ccache }),
    runner: plan.runner,
    bootstrapSdk: programVersion(),
  }
}

/** Whether seeds of this definition may be made here; the program that makes them takes longer than all others to say its version. */
const makesSeeds = ({ definition }: SeededPlan): boolean => definition.seed.distribution !== undefined

/** The packages of a root, each with where it came from. */
export function packages({
  reported,
  context,
}: Pick<RecordParts, 'reported' | 'context'>): StageRecord['packages'] {
  const carried = new Set(reported.carried)
  return reported.packages.map((line) => {
    const [cpv = '', repo = '', slot = '', time = '0'] = line.split('\t')
    const buildTime = Number.parseInt(time, 10) || 0
    const binary = context.merged.get(cpv)
    const kept = carried.has(cpv) ? 'carried' : 'reused'
    const origin = binary === undefined ? 'seed' : binary ? kept : 'source'
    return { cpv, repo, slot, buildTime, origin }
  })
}

function carriedOf({
  by,
  packages,
  files,
  generated,
  compilers,
  stage1,
}: SeedTraces): NonNullable<StageRecord['carried']> {
  const lineage = stage1 === undefined ? {} : { lineage: lineageDigest(stage1) }
  return { by, packages: [...packages], files, generated, compilers, ...lineage }
}
