// The key of a stage's binary packages: what changes it, and what does not.

import assert from 'node:assert/strict'
import test from 'node:test'
import { STAGES, type StageName } from '../../../../src/sdk/stages.js'
import { packageKey } from '../../../../src/stage/plan/package-key.js'
import { planStage, type RunSettings } from '../../../../src/stage/plan/plan.js'
import { changed, leaves, named } from '../../../helpers/full-definition.js'
import { fullRun, runDefinition } from '../../../helpers/full-run.js'

const SEED = { path: '/seeds/seed.tar.zst', sha256: 'a'.repeat(64) }

const keyOf = (run: RunSettings, stage: StageName): string =>
  packageKey(planStage(stage, SEED, { ...run, firstSeed: SEED.sha256 }))

const keys = (run: RunSettings): string => STAGES.map((stage) => keyOf(run, stage)).join()

/** Values that another test has, that say again what another value says, or in place of which repo a tree is given. */
const ELSEWHERE =
  /^(?:definition|definitionSha256|layout|again)\b|^version\.(?:id|buildId)$|^(?:repos|stage1Trees)\.\*\.name$/

/** What of a run makes no package another one. */
const WITHOUT_EFFECT =
  /^(?:version|compression|jobs|memory|memoryBytes|compilerCache|makers\.(?:scripts|compressor|tools))\b/

/** Of a repo counts what all of its ebuilds share: those of one package are compared with what the package was built from. */
const OF_REPOS = /^(?:repos|stage1Trees)\.\*\.(?!shared$)/

test('every value of a run counts for the packages of some stage, but for those that are named', async () => {
  const run = fullRun(await runDefinition())
  const before = keys(run)
  for (const leaf of leaves(run)) {
    const name = named(leaf)
    if (ELSEWHERE.test(name)) continue
    assert.equal(keys(changed(run, leaf)) === before, WITHOUT_EFFECT.test(name) || OF_REPOS.test(name), name)
  }
})

test('a member that a run gets later counts', async () => {
  const run = fullRun(await runDefinition())
  const later = { ...run, novelty: 'x' } as RunSettings
  for (const stage of STAGES) assert.notEqual(keyOf(later, stage), keyOf(run, stage))
})

test('packages of another seed are others; where it lies says nothing', async () => {
  const run = { ...fullRun(await runDefinition()), firstSeed: SEED.sha256 }
  const of = (seed: typeof SEED): string => packageKey(planStage('stage2', seed, run))
  assert.notEqual(of({ ...SEED, sha256: 'b'.repeat(64) }), of(SEED))
  assert.equal(of({ ...SEED, path: '/elsewhere' }), of(SEED))
})
