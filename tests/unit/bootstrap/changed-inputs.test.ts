// Which inputs of a finished stage count as changed: by where each repo was from, whether hooks edited it, and its digest.

import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { changedInputs } from '../../../src/bootstrap/changed-inputs.js'
import type { RepoOrigin } from '../../../src/sdk/definition.js'
import { loadDefinition } from '../../../src/sdk/read/load.js'
import type { RepoSource, RunSettings } from '../../../src/stage/plan/plan.js'
import { settingsDigest } from '../../../src/stage/plan/settings-digest.js'
import type { StageRecord } from '../../../src/store/record.js'
import { MAKERS } from '../../helpers/tiny-plan.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../..')
const NAME = 'coreos-overlay'

type Recorded = RepoSource & { readonly edited: boolean; readonly digest: string }

/** What is said of stage 1 whose record has `repo`, when it would now get repos of `origin`, with digest `d`. */
async function said(origin: RepoOrigin, repo: Recorded): Promise<string[]> {
  const known = await loadDefinition('embedded', path.join(PROJECT, 'sdks'))
  const { stage, profile } = known
  const definition = { ...known, stage: { ...stage, stage1: { ...stage.stage1, repos: origin } } }
  const repos = definition.repos.map((each) => ({ ...each, source: each.path, digest: 'd', shared: 'f' }))
  const makers = { ...MAKERS, scripts: { 'stage1.sh': 'a' } }
  const run = { definition, profile, repos, epoch: 0, makers } as unknown as RunSettings
  const inputs = {
    repos: [{ name: NAME, ...repo }],
    ...{ script: makers.scripts, profile, config: { settings: settingsDigest(run, 'stage1') } },
  }
  return changedInputs(run, { stage: 'stage1', inputs } as unknown as StageRecord)
}

const CHANGED = [`the repo ${NAME}`]

test('a repo inside the seed is the seed\u2019s, edited or not; a tree in its place is another', async () => {
  for (const edited of [false, true]) {
    assert.deepEqual(await said('seed', { from: 'seed', edited, digest: 'any' }), [])
    assert.deepEqual(await said('checkout', { from: 'seed', edited, digest: 'd' }), CHANGED)
    assert.deepEqual(await said('seed', { from: 'tree', path: '/x', edited, digest: 'd' }), CHANGED)
  }
})

test('a tree is compared by its digest, wherever it was; one that hooks edited, by the hooks', async () => {
  assert.deepEqual(await said('checkout', { from: 'tree', path: '/x', edited: false, digest: 'd' }), [])
  assert.deepEqual(await said('checkout', { from: 'tree', path: '/x', edited: false, digest: 'e' }), CHANGED)
  assert.deepEqual(await said('checkout', { from: 'tree', path: '/x', edited: true, digest: 'e' }), [])
})
