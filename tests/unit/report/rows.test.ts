// The packages of a run: waits apart from work, what they used, what all waited for, what differs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event, Fact } from '../../../src/events/event.js'
import { criticalPath } from '../../../src/report/critical.js'
import { differences, earlierOf } from '../../../src/report/differences.js'
import { NO_FACTS, type PageFacts } from '../../../src/report/facts.js'
import { mostAtOnce, type PackageRow, packageRows } from '../../../src/report/rows.js'
import { runsOf } from '../../../src/report/runs.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'
import { BESIDE } from '../../helpers/journals.js'
import { WHOLE_FACTS, wholeRun } from '../../helpers/report-events.js'

const stage = 'stage1'
const place = (name: string, binary: boolean) => ({ stage, package: name, index: 1, total: 9, binary })
const begun = (ms: number, name: string, binary = true): Event =>
  at(ms, { type: 'package-started', ...place(name, binary) })
const merged = (ms: number, name: string, fromMs: number, binary = true): Event =>
  at(ms, { type: 'package-merged', ...place(name, binary), durationMs: ms - fromMs })
const phase = (ms: number, name: string, what: string): Event =>
  at(ms, { type: 'package-phase', stage, package: name, phase: what })
const run = (...events: Event[]): Event[] => [at(0, ONE_OF_EACH['run-started']), ...events]

function rowsOf(events: readonly Event[], facts: PageFacts = NO_FACTS): PackageRow[] {
  const [only] = runsOf(events)
  assert.ok(only !== undefined)
  return packageRows(only, facts)
}

test('five binary packages that are announced at once are merged one after the other', () => {
  const names = ['a/a-1', 'a/b-1', 'a/c-1', 'a/d-1', 'a/e-1']
  const rows = rowsOf(
    run(
      ...names.map((name) => begun(100, name)),
      ...names.map((name, index) => merged(200 + index * 100, name, 100)),
    ),
  )
  assert.deepEqual(
    rows.map(({ name, waitMs, workMs, isGuess }) => [name, waitMs, workMs, isGuess]),
    names.map((name, index) => [name, index * 100, 100, true]),
  )
  assert.equal(mostAtOnce(rows), 1)
})

test('phases tell waits from work, also in the middle, and what two use at once is shared out', () => {
  const rows = rowsOf(
    run(
      begun(0, 'a/a-1', false),
      begun(0, 'a/b-1', false),
      phase(1000, 'a/a-1', 'compile'),
      phase(2000, 'a/a-1', 'wait'),
      phase(4000, 'a/b-1', 'merge'),
      measured(4000, 3000),
      merged(5000, 'a/b-1', 0, false),
      phase(8000, 'a/a-1', 'merge'),
      merged(9000, 'a/a-1', 0, false),
      measured(9000, 500),
    ),
  )
  assert.deepEqual(
    rows.map(({ name, waitMs, workMs, isGuess, pieces }) => [name, waitMs, workMs, isGuess, pieces.length]),
    [
      ['a/b-1', 0, 5000, false, 1],
      ['a/a-1', 6000, 3000, false, 2],
    ],
  )
  assert.deepEqual(
    rows[1]?.phases.map(({ name, startMs, endMs }) => [name, startMs, endMs]),
    [
      ['setup', 0, 1000],
      ['compile', 1000, 2000],
      ['wait', 2000, 8000],
      ['merge', 8000, 9000],
    ],
  )
  // In the first four seconds b was at work all the time and a for half of it.
  assert.deepEqual(
    rows.map(({ used }) => used && [used.cpuMs, used.memory, used.isGuess]),
    [
      [2000 + 250, 500, true],
      [1000 + 250, 500, true],
    ],
  )
})

function measured(ms: number, cpuMs: number): Event {
  const fact: Fact = {
    ...{ type: 'resources-measured', stage, periodMs: ms === 4000 ? 4000 : 5000, cpuMs },
    ...{ memoryBytes: 1000, freeBytes: 1, processes: 1 },
  }
  return at(ms, fact)
}

test('a package that is merged twice has its own phases each time', () => {
  const rows = rowsOf(
    run(
      begun(0, 'a/a-1', false),
      phase(10, 'a/a-1', 'compile'),
      merged(100, 'a/a-1', 0, false),
      begun(200, 'a/a-1', true),
      phase(210, 'a/a-1', 'wait'),
      phase(290, 'a/a-1', 'merge'),
      merged(300, 'a/a-1', 200, true),
    ),
  )
  assert.deepEqual(
    rows.map(({ waitMs, workMs }) => [waitMs, workMs]),
    [
      [0, 100],
      [80, 20],
    ],
  )
})

test('the critical path follows what packages need, and tells what endless cores would gain', () => {
  const whole = runsOf(wholeRun()).at(-1)
  assert.ok(whole !== undefined)
  const known = criticalPath(whole, packageRows(whole, WHOLE_FACTS))
  assert.deepEqual(known.unknown, [])
  assert.deepEqual(
    known.rows.map(({ stage: of, name }) => `${of} ${name}`),
    ['stage1', 'stage2'].flatMap((of) =>
      ['sys-libs/zlib-1.3.1', 'sys-devel/gcc-14.2.0', 'app-shells/bash-5.2'].map((name) => `${of} ${name}`),
    ),
  )
  // In each stage 73.003 s from the first to the last package, of which the chain is 30.003.
  assert.equal(known.endlessMs, 210_000 - 2 * (73_003 - 30_003))
  const unknown = criticalPath(whole, packageRows(whole, NO_FACTS))
  assert.deepEqual(
    [unknown.unknown, unknown.endlessMs, unknown.rows.length],
    [['stage1', 'stage2'], undefined, 8],
  )
  const half = { ...WHOLE_FACTS, stages: WHOLE_FACTS.stages.slice(0, 1) }
  const mixed = criticalPath(whole, packageRows(whole, half))
  assert.deepEqual([mixed.unknown, mixed.endlessMs], [['stage2'], 210_000 - (73_003 - 30_003)])
})

test('endless cores do not make a stage end before the archive beside it', () => {
  const whole = wholeRun()
  const begun = whole.findLastIndex(({ type }) => type === 'run-started')
  // The archive of stage 1 ends 20 s before the script of stage 2, at 200 s.
  const archived = whole.findIndex((event) => event.type === 'stage-finished' && event.stage === 'stage1')
  const end = { ...(whole[archived] as Event), elapsedMs: 180_000 }
  const events = whole.toSpliced(archived, 1)
  const at180 = events.findIndex(({ elapsedMs }, index) => index > begun && elapsedMs > 180_000)
  const beside = runsOf(events.toSpliced(at180, 0, end)).at(-1)
  assert.ok(beside !== undefined)
  assert.equal(
    criticalPath(beside, packageRows(beside, WHOLE_FACTS)).endlessMs,
    210_000 - (73_003 - 30_003) - 20_000,
  )
})

test('two versions differ in time, in versions, and in what they have', () => {
  const before = earlierOf(run(merged(100, 'a/a-1', 0), merged(300, 'a/b-1', 200), merged(400, 'a/c-1', 300)))
  const after = earlierOf(run(merged(500, 'a/a-2', 0), merged(600, 'a/b-1', 500), merged(700, 'a/d-1', 600)))
  assert.deepEqual(
    differences(before, after).map(({ package: name, before: x, after: y, was }) => [name, x, y, was]),
    [
      ['a/a-2', 100, 500, 'a/a-1'],
      ['a/c-1', 100, undefined, undefined],
      ['a/d-1', undefined, 100, undefined],
      ['a/b-1', 100, 100, undefined],
    ],
  )
})

test('a stage took as long as somebody waited for it, and what went on beside the next one is no difference', () => {
  const { stages } = earlierOf(BESIDE)
  assert.deepEqual(
    [...stages],
    [
      ['stage1', 20],
      ['stage2', 50],
    ],
  )
})
