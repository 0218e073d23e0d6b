// Which stages of a version are finished: those whose record is in its place and says what its name says.

import { rm } from 'node:fs/promises'
import { SdkError } from '../errors.js'
import { COMPRESSIONS, stageBefore } from '../sdk/definition.js'
import type { StageName } from '../sdk/stages.js'
import { findStageRecord, foreignRecord } from '../store/find-record.js'
import { sideFiles } from '../store/layout.js'
import type { StageRecord } from '../store/record.js'
import type { RunSettings, Seed } from './plan/plan.js'

/** A finished stage: its record, and its archive as the seed of the next stage. */
export interface FinishedStage {
  readonly record: StageRecord
  readonly output: Seed
}

/**
 * The record of a stage of this version, in the run's compression or any other, and its archive, which is not looked at.
 *
 * @throws SdkError SDK_CHAIN when there is a record of something else, or one that cannot be read
 */
export async function finishedStage(run: RunSettings, stage: StageName): Promise<FinishedStage | undefined> {
  const found = await findStageRecord(run.layout, stage, new Set([run.compression, ...COMPRESSIONS]))
  if (found === undefined) return undefined
  const { record, archive } = found
  const foreign = foreignRecord(record, run.layout, stage)
  if (foreign !== undefined)
    throw new SdkError('SDK_CHAIN', `${archive} is not what its name says: ${foreign}`, {
      hint: 'give it its own name again, or remove it with the files beside it',
    })
  return { record, output: outputOf(record, archive) }
}

/** The archive of `record` as a seed. */
export const outputOf = ({ output, inputs }: StageRecord, archive: string): Seed => ({
  ...{ path: archive, sha256: output.sha256, key: inputs.key, keptBy: output.rootSha256 },
})

/** A seed as records have it. */
export const recordedSeed = ({
  sha256,
  path: file,
  keptBy: root,
  origin,
}: Seed): StageRecord['inputs']['seed'] => ({
  ...{ sha256, path: file },
  ...(root === undefined ? {} : { root }),
  ...origin,
})

/** Takes the record away before a stage is built again: until the new one is written, nothing vouches for its archive. */
export async function forgetStage(run: RunSettings, stage: StageName): Promise<void> {
  for (const compression of COMPRESSIONS)
    await rm(sideFiles(run.layout.archive(stage, compression)).record, { force: true })
}

/** Stages before one that was taken may have stayed in the store. */
const firstKnown = ({ taken, inputs }: StageRecord): string => taken?.firstSeed ?? inputs.seed.sha256

/**
 * The digest of the seed that the chain of a finished stage began with: that of the first stage before it that has a record.
 *
 * @throws SdkError SDK_CHAIN as {@link finishedStage}
 */
export async function firstSeedOf(run: RunSettings, { record }: FinishedStage): Promise<string> {
  let first = firstKnown(record)
  let before = stageBefore(run.definition, record.stage)
  while (before !== undefined) {
    const found = await finishedStage(run, before)
    if (found === undefined) break
    first = firstKnown(found.record)
    before = stageBefore(run.definition, before)
  }
  return first
}
