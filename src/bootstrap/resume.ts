// Whether a stage is finished: its record is there, its archive is what the record says, and its seed is the chain's.

import { rm } from 'node:fs/promises'
import { SdkError } from '../errors.js'
import { COMPRESSIONS, type StageName } from '../sdk/definition.js'
import type { RunSettings, Seed } from '../stage/plan/plan.js'
import { sideFiles } from '../store/layout.js'
import { findRecord, foreignRecord, type StageRecord, verifyArchive } from '../store/record.js'
import { changedInputs, wrongSeed } from './changed-inputs.js'

/** What to do about one stage, and why. */
export type Decision =
  | { readonly action: 'skip'; readonly reason: string; readonly output: Seed; readonly record: StageRecord }
  | { readonly action: 'run'; readonly reason: string }

/** What is known when a stage's turn comes. */
export interface Situation {
  /** The seed it would get; undefined when any will do (it is not known yet which it is, and nothing forces it). */
  readonly seed: { readonly sha256: string; readonly path?: string } | undefined
  /** The stage before it is built in this run, so its seed is a new one. */
  readonly seedIsNew: boolean
  readonly rebuild: boolean
  readonly exact: boolean
}

/**
 * Decides about `stage`.
 *
 * @throws SdkError SDK_CHAIN when a finished stage does not fit the chain: replaced, truncated, or built from another seed
 */
export async function decide(run: RunSettings, stage: StageName, now: Situation): Promise<Decision> {
  // What is built again in any case may be anything: a record that nobody can read, too.
  const found = now.rebuild ? undefined : await finishedStage(run, stage)
  const { action, reason } = await judge(run, found?.record, now)
  if (action === 'run' || found === undefined) return { action: 'run', reason }
  await verifyArchive(found.record, found.output.path)
  return { action, reason, ...found }
}

/**
 * What the record of a stage says about running it; its archive is not looked at.
 *
 * @param record undefined when the stage is not finished
 * @throws SdkError SDK_CHAIN when the stage was built from another seed
 */
export async function judge(
  run: RunSettings,
  record: StageRecord | undefined,
  now: Situation,
): Promise<Pick<Decision, 'action' | 'reason'>> {
  if (now.rebuild) return { action: 'run', reason: '--rebuild' }
  if (record === undefined) return { action: 'run', reason: 'not finished' }
  if (now.seedIsNew) return { action: 'run', reason: 'its seed is built anew' }
  const other = await changedInputs(run, record)
  if (now.exact && other.length > 0)
    return { action: 'run', reason: `--exact, and ${other.join(', ')} changed since` }
  if (now.seed !== undefined && now.seed.sha256 !== record.inputs.seed.sha256) {
    if (now.exact) return { action: 'run', reason: '--exact, and its seed is another one' }
    throw wrongSeed(run, record, now.seed)
  }
  const note = other.length > 0 ? `; built before ${other.join(', ')} changed (--exact builds it again)` : ''
  return { action: 'skip', reason: `finished${note}` }
}

/**
 * The record of a stage of this version, in the run's compression or any other, and its archive.
 *
 * @throws SdkError SDK_CHAIN when there is a record of something else, or one that cannot be read
 */
export async function finishedStage(
  run: RunSettings,
  stage: StageName,
): Promise<{ record: StageRecord; output: Seed } | undefined> {
  const compressions = new Set([run.compression, ...COMPRESSIONS])
  const found = await findRecord([...compressions].map((each) => run.layout.archive(stage, each)))
  if (found === undefined) return undefined
  const { record, archive } = found
  const foreign = foreignRecord(record, run.layout, stage)
  if (foreign !== undefined)
    throw new SdkError('SDK_CHAIN', `${archive} is not what its name says: ${foreign}`, {
      hint: 'give it its own name again, or remove it with the files beside it',
    })
  return { record, output: { path: archive, sha256: record.output.sha256 } }
}

/** Takes the record away before a stage is built again: until the new one is written, nothing vouches for its archive. */
export async function forgetStage(run: RunSettings, stage: StageName): Promise<void> {
  for (const compression of COMPRESSIONS)
    await rm(sideFiles(run.layout.archive(stage, compression)).record, { force: true })
}
