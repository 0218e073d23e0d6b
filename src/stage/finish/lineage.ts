// Where the packages of a stage come from: the records of the stages before it, and the layers of the store that are
// stage 1's. Stage 1 is made with the seed and may be the seed's own packages; what is built from stage 2 on is not.

import { carryGlobs } from '../../sdk/carry.js'
import { COMPRESSIONS, stageBefore } from '../../sdk/definition.js'
import { FIRST_STAGE, STAGES, type StageName, TRAITS } from '../../sdk/stages.js'
import { findRecord, leftRecord } from '../../store/find-record.js'
import { sideFiles } from '../../store/layout.js'
import { readLineage } from '../../store/lineage-file.js'
import { readRecord, type StageRecord } from '../../store/record.js'
import type { TreeStore } from '../../store/trees/trees.js'
import type { SeededPlan, StagePlan } from '../plan/plan.js'

/** What came before a stage of a chain that began with stage 1. */
export interface Lineage {
  /** Records of the stages before, the newest first; the last one is stage 1's. */
  readonly records: readonly StageRecord[]
  /** The layers of its seed, top first, without stage 1's; none where `file` says what is whose in all of them. */
  readonly above: readonly string[]
  /** Stage 1's layers; undefined when the seed's tree was unpacked anew, as one layer in which nobody knows what is whose. */
  readonly stage1Layers: readonly string[] | undefined
  /** Then: the file that lists what of the seed's root is stage 1's, if its record vouches for it. */
  readonly file: string | undefined
}

/**
 * The lineage of `plan`, by digests: each stage's seed has to be the output of the stage before.
 *
 * @param layers of the seed, top first
 * @returns undefined for stage 1, and when a record between it and the stage is not there
 */
export async function findLineage(
  plan: SeededPlan,
  trees: Pick<TreeStore, 'find'>,
  layers: readonly string[],
): Promise<Lineage | undefined> {
  const records: StageRecord[] = []
  let seed: string | undefined
  let sha256: string = plan.seed.sha256
  for (let at = before(plan, plan.stage); at !== undefined; at = before(plan, at)) {
    const found = await recordOf(plan, at, sha256)
    if (found === undefined) return undefined
    const { record, archive } = found
    seed ??= archive
    records.push(record)
    sha256 = record.inputs.seed.sha256
  }
  const first = records.at(-1)
  if (first === undefined || TRAITS[first.stage].root !== 'empty') return undefined
  const stage1Layers = (await trees.find(first.output.sha256))?.layers ?? []
  const above = layers.slice(0, layers.length - stage1Layers.length)
  const isBelow =
    stage1Layers.length > 0 && stage1Layers.every((layer, index) => layer === layers[above.length + index])
  if (isBelow) return { records, above, stage1Layers, file: undefined }
  const file = await listOf(seed, records[0])
  return { records, above: file === undefined ? layers : [], stage1Layers: undefined, file }
}

const before = (plan: StagePlan, stage: StageName): StageName | undefined =>
  stageBefore(plan.definition, stage)

/** The list beside the seed, if it is the one that its record tells of. */
async function listOf(
  seed: string | undefined,
  record: StageRecord | undefined,
): Promise<string | undefined> {
  const digest = record?.carried?.lineage
  if (seed === undefined || digest === undefined) return undefined
  const file = sideFiles(seed).lineage
  return (await readLineage(file, digest)) === undefined ? undefined : file
}

async function recordOf(
  plan: StagePlan,
  stage: StageName,
  sha256: string,
): Promise<{ record: StageRecord; archive: string } | undefined> {
  const archives = COMPRESSIONS.map((compression) => plan.layout.archive(stage, compression))
  const found = await findRecord(archives, ({ output }) => output.sha256 === sha256)
  if (found !== undefined) return found
  const left = await readRecord(leftRecord(plan.layout, stage)).catch(() => undefined)
  return left?.output.sha256 === sha256 ? { record: left, archive: archives[0] as string } : undefined
}

/** What is known of a package of a stage's root: a line of the script's list, or an entry of a record. */
export type PackageFact = Pick<StageRecord['packages'][number], 'cpv' | 'buildTime' | 'origin'>

/** A stage's packages as it listed them, and the time that BUILD_TIME was levelled to after that. */
export interface Generation {
  readonly stage: StageName
  readonly packages: readonly PackageFact[]
  /** Seconds since 1970. */
  readonly epoch: number
}

/** What the record of a stage says of it. */
export const generationOf = ({ stage, packages, inputs }: StageRecord): Generation => ({
  ...{ stage, packages },
  epoch: Number(inputs.environment.SOURCE_DATE_EPOCH ?? Number.NaN),
})

/**
 * The packages of the newest of `generations` that none of stages 2 to 4 built, sorted. Two witnesses, since each alone can
 * be wrong: what Portage said of the merge, and BUILD_TIME, which is another one than the seed's where a package was built anew.
 * Which of both is later says nothing: a clock can be set. (In the archive BUILD_TIME is levelled; a stage lists its packages
 * before.) A package out of the stage's own cache of binary packages was built by an earlier attempt: that the cache's key has the
 * digest of the seed is its proof. A folder of the user's has no key: whoever filled it, nothing says with what.
 *
 * @param generations of one chain, the newest first; the last is stage 1
 * @param hasKey whether binary packages that were there already came out of the engine's own cache
 */
export function carriedPackages(generations: readonly Generation[], hasKey: boolean): string[] {
  return (generations[0]?.packages ?? [])
    .map(({ cpv }) => cpv)
    .filter((cpv) => isCarried(cpv, generations, hasKey))
    .sort()
}

function isCarried(cpv: string, generations: readonly Generation[], hasKey: boolean): boolean {
  for (const [index, { stage, packages }] of generations.entries()) {
    const found = packages.find((each) => each.cpv === cpv)
    if (TRAITS[stage].root === 'empty' || found === undefined || found.origin === 'carried') return true
    if (hasKey && found.origin === 'reused') return false
    // Of a folder without a key nothing is known.
    if (found.origin === 'reused') return true
    if (isAnew(found, generations[index + 1])) return false
    // Portage said that it was built here, and it is the seed's: one of both is wrong.
    if (found.origin === 'source') return true
  }
  return true
}

/** Whether it has another time than in the root of `seed`, levelled (as the engine leaves it) or not (as others do). */
function isAnew({ cpv, buildTime }: PackageFact, seed: Generation | undefined): boolean {
  if (seed === undefined || !(buildTime > seed.epoch)) return false
  return buildTime !== seed.packages.find((each) => each.cpv === cpv)?.buildTime
}

/**
 * Whether nothing may be left of the seed after `plan`: it is free of the seed, and no stage after the first carries anything. A
 * definition without stage 1 (a spec of a later stage) is built upon any seed: it promises nothing of what came before.
 */
export const carriesNothing = ({ definition, profile, stage }: StagePlan): boolean =>
  TRAITS[stage].freeOfSeed &&
  definition.stages.includes(FIRST_STAGE) &&
  STAGES.every((each) => each === FIRST_STAGE || carryGlobs(definition, profile, each).length === 0)
