// Puts the finished stages of a version into the store, by hand.

import { SdkError } from '../../errors.js'
import type { SdkDefinition } from '../../sdk/definition.js'
import type { StageName } from '../../sdk/stages.js'
import { findStageRecord, foreignRecord } from '../../store/find-record.js'
import type { Layout } from '../../store/layout.js'
import type { StageRecord } from '../../store/record.js'
import { verifyArchive } from '../../store/recorded-archive.js'
import type { Store } from '../artefact.js'
import { pushArtefact } from '../push.js'
import { sharedKey, stageArtefact } from './stage.js'

/** What became of a stage. */
export interface PushedStage {
  readonly stage: StageName
  readonly key: string
  readonly outcome: 'pushed' | 'there already'
  /** That travelled, at most. */
  readonly bytes: number
}

/**
 * Puts the stages there that are finished and have a key, in their order; the version's lock is held.
 *
 * @throws SdkError SDK_USAGE when there is none; SDK_CHAIN when an archive is not what its record says; SDK_VERIFY when the store has
 *   other bytes under a key; SDK_HOST
 */
export async function pushStages(
  store: Store,
  { layout, definition, stages }: { layout: Layout; definition: SdkDefinition; stages: readonly StageName[] },
): Promise<PushedStage[]> {
  const given: PushedStage[] = []
  let firstSeed = ''
  for (const stage of definition.stages) {
    const found = await findStageRecord(layout, stage)
    if (found === undefined || foreignRecord(found.record, layout, stage) !== undefined) continue
    const { record, archive } = found
    if (firstSeed === '') firstSeed = record.taken?.firstSeed ?? record.inputs.seed.sha256
    const key = sharedKey(record)
    if (key === undefined || !stages.includes(stage)) continue
    await verifyArchive(record, archive, { emit: store.registry.emit })
    const finished = { record, output: { path: archive, sha256: record.output.sha256 } }
    const artefact = await stageArtefact(finished, { key, pool: layout.carried(firstSeed) })
    const pushed = await pushArtefact(store, artefact, layout.root)
    if (pushed.outcome === 'other') throw differs(record, pushed.other.signedBy)
    given.push({ stage, key, outcome: pushed.outcome, bytes: pushed.outcome === 'pushed' ? pushed.bytes : 0 })
  }
  if (given.length > 0) return given
  throw new SdkError('SDK_USAGE', `store push: no stage of ${layout.version} is finished and has a key`, {
    hint: '`status` lists what is finished; stages of specs, of catalyst and of older versions of this program have no key',
  })
}

const differs = ({ stage, inputs, output }: StageRecord, signedBy: string): SdkError =>
  new SdkError(
    'SDK_VERIFY',
    `${stage} is not reproducible: the store has other bytes than ${output.sha256} under its key ${inputs.key}, signed by ${signedBy}`,
    {
      hint: `\`store pull ${inputs.key} DIR\` fetches them with their record, \`compare\` says how they differ`,
    },
  )
