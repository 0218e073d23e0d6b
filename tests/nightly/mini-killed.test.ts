// The miniature SDK, killed in each of its stages in turn. Needs root and pip's index.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STAGES } from '../../src/sdk/stages.js'
import { miniPlace, SKIP, stages } from '../e2e/mini-place.js'
import { afterPackages } from '../e2e/run-command.js'

const KILLED = '1.0.0+2026-02-02-0000'

describe('the miniature SDK, killed', { skip: SKIP }, () => {
  const place = miniPlace()
  const seed = (): string[] => ['--seed_tarball', place.seed]

  test('kill -9 in each stage leaves nothing, and the next start goes on in that stage, with its finished packages', async () => {
    for (const [index, stage] of STAGES.entries()) {
      const run = await place.build(KILLED, seed(), { killAt: afterPackages(stage, 1) })
      assert.equal(run.signal, 'SIGKILL', run.stderr)
      await place.assertIntact()
      assert.deepEqual(stages(run, 'stage-skipped'), STAGES.slice(0, Math.max(index - 1, 0)))
    }
    const run = await place.build(KILLED, seed())
    assert.equal(run.exitCode, 0, run.stderr)
    assert.deepEqual(stages(run, 'stage-skipped'), STAGES.slice(0, 3))
    for (const stage of ['stage1', 'stage3'])
      assert.ok(Object.values(place.origins(KILLED, stage)).includes('reused'), stage)
  })
})
