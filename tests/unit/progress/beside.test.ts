// A stage that is archived while the next one runs: what is shown is the stage that runs, and what is learned is the time that
// people waited for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../src/events/event.js'
import { createEstimate } from '../../../src/progress/estimate/eta.js'
import { createHistory } from '../../../src/progress/estimate/history.js'
import { createLearner, type Learned } from '../../../src/progress/estimate/learner.js'
import { advance, initialState } from '../../../src/progress/state.js'
import { heartbeatLine } from '../../../src/progress/status.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'

const started = (stage: string): Fact => ({ ...ONE_OF_EACH['stage-started'], stage })
const step = (stage: string, name: string): Fact => ({ type: 'step-started', stage, step: name })
const done = (stage: string, name: string): Fact => ({
  type: 'step-finished',
  stage,
  step: name,
  durationMs: 1,
})

/** Stage 1 is archived from second 30 to 50, stage 2 runs from 31 on. */
const RUN: readonly [seconds: number, fact: Fact][] = [
  [0, { ...ONE_OF_EACH['run-started'], stages: ['stage1', 'stage2'] }],
  [0, started('stage1')],
  [0, step('stage1', 'run')],
  [30, done('stage1', 'run')],
  [30, step('stage1', 'archive')],
  [31, started('stage2')],
  [31, step('stage2', 'run')],
  [40, { type: 'package-started', stage: 'stage2', package: 'a/b-1', index: 1, total: 2, binary: false }],
  [50, done('stage1', 'archive')],
  [50, { ...ONE_OF_EACH['stage-finished'], stage: 'stage1' }],
  [60, done('stage2', 'run')],
  [61, { ...ONE_OF_EACH['stage-finished'], stage: 'stage2' }],
]

const until = (seconds: number) =>
  RUN.filter(([when]) => when <= seconds).map(([when, fact]) => at(when * 1000, fact))

test('the status shows the stage that runs, and what is archived beside it', () => {
  const line = (seconds: number): string => {
    const state = initialState()
    for (const event of until(seconds)) advance(state, event)
    return heartbeatLine(state, { history: createHistory([]), remaining: undefined })
  }
  assert.match(line(40), /still working: stage2 \(2 of 2\), run, 0 of 2 packages, .*archiving stage1/)
  assert.match(line(50), /still working: stage2 \(2 of 2\), run, 0 of 2 packages, a\/b-1/)
  assert.doesNotMatch(line(50), /archiving/)
})

test('of each stage the time is learned until the next one began', () => {
  const learn = createLearner()
  const stages = until(61).flatMap((event) => {
    const learned: Learned | undefined = learn(event)
    return learned?.kind === 'stage'
      ? [[learned.stage, learned.pieces.reduce((sum, { ms }) => sum + ms, 0)]]
      : []
  })
  assert.deepEqual(stages, [
    ['stage1', 31_000],
    ['stage2', 30_000],
  ])
})

test('the time left goes by the stage that runs', () => {
  const history = createHistory([
    { kind: 'stage', stage: 'stage1', pieces: [{ step: 'run', ms: 31_000 }] },
    { kind: 'stage', stage: 'stage2', pieces: [{ step: 'run', ms: 30_000 }] },
  ])
  /** Seconds; how fast the run is beside the last one changes them a little. */
  const left = (seconds: number): number => {
    const estimate = createEstimate(history)
    for (const event of until(seconds)) estimate.take(event)
    return Math.round((estimate.remaining(seconds * 1000)?.ms ?? 0) / 1000)
  }
  assert.equal(left(41), 19)
  assert.equal(left(51), 10)
})
