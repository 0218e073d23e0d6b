import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../../src/events/event.js'
import { createStageTime, type Piece } from '../../../../src/progress/estimate/stage-time.js'
import { at } from '../../../helpers/events.js'

const of = { stage: 'stage3', index: 1, total: 2, binary: false }
const begin = (name: string): Fact => ({ ...of, type: 'package-started', package: `a/${name}-1` })
const merge = (name: string): Fact => ({
  ...of,
  type: 'package-merged',
  package: `a/${name}-1`,
  durationMs: 1,
})
const phase = (name: string, to: string): Fact => ({
  ...{ type: 'package-phase', stage: 'stage3', package: `a/${name}-1`, phase: to },
})

/** The pieces of a stage, in seconds. */
function pieces(...facts: [seconds: number, fact: Fact][]): Record<string, number> {
  const time = createStageTime(0)
  const ended = facts.flatMap(([seconds, fact]) => time.take(at(seconds * 1000, fact)) ?? [])
  const all: Piece[] = [...ended, time.end((facts.at(-1)?.[0] ?? 0) * 1000)]
  return Object.fromEntries(all.map(({ name, step, ms }) => [name ?? step, ms / 1000]))
}

test('two that are at work share the time, whichever is merged first', () => {
  const step: Fact = { type: 'step-started', stage: 'stage3', step: 'run' }
  const done: Fact = { type: 'step-finished', stage: 'stage3', step: 'run', durationMs: 1 }
  const both: [number, Fact][] = [
    [0, step],
    [3, begin('long')],
    [13, phase('long', 'wait')],
  ]
  const expected = { 'a/long': 10, 'a/small': 1, run: 4, '': 0 }
  assert.deepEqual(
    pieces(...both, [13, begin('small')], [14, merge('small')], [14, merge('long')], [15, done]),
    expected,
  )
  assert.deepEqual(
    pieces(...both, [13, merge('long')], [13, begin('small')], [14, merge('small')], [15, done]),
    expected,
  )
})

test('what nobody has announced took the time that no other did; what is never merged is the step’s', () => {
  assert.deepEqual(
    pieces(
      [0, begin('gone')],
      [4, { type: 'step-finished', stage: 'stage3', step: 'run', durationMs: 4 }],
      [6, merge('sudden')],
    ),
    {
      '': 0,
      'a/sudden': 2,
    },
  )
})
