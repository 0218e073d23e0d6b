// A small finished stage that has a key, in a catalyst root of its own, and a store that it goes to and comes from. As a program
// (`PUSH|TAKE JSON`) it does one of both, for who kills it in the middle.

import { mkdirSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { lookUp, type Store } from '../../src/registry/artefact.js'
import { stageArtefact, stageTag } from '../../src/registry/kinds/stage.js'
import { takeStage } from '../../src/registry/kinds/take.js'
import { type Pushed, pushArtefact } from '../../src/registry/push.js'
import type { StageName } from '../../src/sdk/stages.js'
import type { FinishedStage } from '../../src/stage/finished.js'
import type { StagePlan } from '../../src/stage/plan/plan.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { createLayout, sideFiles } from '../../src/store/layout.js'
import { lineageDigest, writeLineage } from '../../src/store/lineage-file.js'
import { type StageRecord, writeRecord } from '../../src/store/record.js'
import { finishStage } from '../integration/verbs-helpers.js'
import { registryAt, trustIn } from './registry-server.js'
import { tinyDefinition, tinyPlan } from './tiny-plan.js'

export const STAGE_KEY = '5a'.repeat(32)
const LINEAGE = ['/usr/bin/old']
export const SEED = { path: '/seed', sha256: 'a'.repeat(64) }

/** Where stages lie: a catalyst root, a version, a stage. */
export interface Root {
  readonly folder: string
  readonly version: string
  readonly stage: StageName
}

/** The settings of a run of `version` below `folder`. */
export async function runIn({ folder, version, stage }: Root): Promise<StagePlan> {
  mkdirSync(path.join(folder, 'repo/profiles/p'), { recursive: true })
  writeFileSync(path.join(folder, 'repo/profiles/repo_name'), 'main\n')
  const definition = tinyDefinition(
    folder,
    'profile = "main:p"\n[[repos]]\nname = "main"\npath = "repo"\narchive = "/repos/main"\nmain = true\n',
  )
  const plan = await tinyPlan(definition, stage, { root: folder })
  const names = { root: path.join(folder, 'cr'), type: 'x-sdk', arch: 'amd64', version }
  return { ...plan, layout: createLayout(names) }
}

/** Finishes a stage of `tree` there. */
export async function finish(
  root: Root,
  tree: string,
  change: (record: StageRecord) => StageRecord = (record) => record,
): Promise<FinishedStage> {
  const { layout } = await runIn(root)
  const { archive, record } = await finishStage(layout, root.stage, {
    tree,
    seed: SEED.sha256,
    inputs: { key: STAGE_KEY },
  })
  await writeLineage(sideFiles(archive).lineage, LINEAGE)
  const lineage = lineageDigest(LINEAGE)
  const carried = { by: 'layers' as const, packages: [], files: 1, generated: 0, compilers: {}, lineage }
  const whole = change({ ...record, carried })
  await writeRecord(sideFiles(archive).record, whole)
  return { record: whole, output: { path: archive, sha256: whole.output.sha256, key: STAGE_KEY } }
}

/** Puts a finished stage into the store. */
export async function pushStage(store: Store, root: Root, finished: FinishedStage): Promise<Pushed> {
  const { layout } = await runIn(root)
  const artefact = await stageArtefact(honest(finished), {
    key: STAGE_KEY,
    pool: layout.carried(SEED.sha256),
  })
  // Of a record that lies about its archive, too.
  const [archive, ...more] = artefact.files
  if (archive === undefined) throw new Error('no archive')
  const { size } = await stat(archive.path)
  const real = { ...archive, sha256: await sha256File(archive.path), bytes: size }
  return await pushArtefact(store, { ...artefact, files: [real, ...more] }, layout.root)
}

/** Nobody of good will puts there what differs from its record; the file of the record stays as it is. */
function honest({ record, output }: FinishedStage): FinishedStage {
  const { carried } = record
  if (carried === undefined) return { record, output }
  return { record: { ...record, carried: { ...carried, lineage: lineageDigest(LINEAGE) } }, output }
}

/** Takes the stage of the key from the store. */
export async function takeInto(store: Store, root: Root, seed = SEED): Promise<FinishedStage> {
  const believed = await lookUp(store, stageTag(STAGE_KEY))
  if (believed === undefined) throw new Error('it is not there')
  const run = await runIn(root)
  mkdirSync(run.layout.builds, { recursive: true })
  const wanted = { stage: root.stage, seed, firstSeed: SEED.sha256, key: STAGE_KEY }
  return await takeStage(store, believed, { run, wanted })
}

const [, program, what, text] = process.argv
if (program === import.meta.filename && text !== undefined) {
  const { host, key, root, finished } = JSON.parse(text) as {
    host: string
    key: string
    root: Root
    finished: FinishedStage
  }
  const store = { registry: registryAt(host), trust: await trustIn(key) }
  if (what === 'push') await pushStage(store, root, finished)
  else await takeInto(store, root)
}
