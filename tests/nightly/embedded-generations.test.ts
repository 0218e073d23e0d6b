// Two whole generations of the quick embedded SDK: the first killed in every stage, the next built from it without a stop,
// offline, with poisoned and changed repos. Needs root, apt and about half an hour on two cores.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STAGES } from '../../src/sdk/stages.js'
import { embeddedPlace, type Generation } from '../e2e/embedded-place.js'
import { SKIP } from '../e2e/mini-place.js'
import { afterPackages, assertNothingLeft } from '../e2e/run-command.js'

/** Where each stage is killed: in the middle of its packages. */
const KILLS: readonly [stage: string, merged: number][] = [
  ['stage1', 20],
  ['stage2', 2],
  ['stage3', 4],
  ['stage4', 1],
]

describe('two generations of the quick embedded SDK', { skip: SKIP }, () => {
  const place = embeddedPlace()
  const { folder, first, next } = place

  test('the first generation: kill -9 in each stage leaves nothing, and its finished packages are used again', async () => {
    const fetched = await place.fetch()
    assert.equal(fetched.exitCode, 0, fetched.stderr)
    for (const [stage, merged] of KILLS) {
      const killed = await first.offline([], { killAt: afterPackages(stage, merged) })
      assert.equal(killed.signal, 'SIGKILL', killed.stderr)
      await assertNothingLeft(folder)
    }
    const run = await first.offline()
    assert.equal(run.exitCode, 0, run.stderr)
    assert.ok(first.record('stage3').packages.some(({ origin }) => origin === 'reused'))
  })

  test('the next generation: from that SDK, offline, its own repos in stage 1, the poisoned and changed checkout after it', async () => {
    await place.buildNext([])
    for (const stage of STAGES)
      assert.ok(next.packages(stage).includes(`sys-apps/baselayout-${stage === 'stage1' ? 2 : 3}`), stage)
    // The first generation was killed in every stage, this one was not: the packages are the same. (Stage 2 still holds
    // what stage 1 took from another seed.)
    for (const stage of ['stage3', 'stage4']) assert.deepEqual(others(next, stage), others(first, stage))
  })
})

/** A stage's packages but for the one that the changed checkout has newer. */
const others = (generation: Generation, stage: string): string[] =>
  generation.packages(stage).filter((cpv) => !cpv.startsWith('sys-apps/baselayout-'))
