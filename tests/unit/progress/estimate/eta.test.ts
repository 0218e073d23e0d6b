import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event, Fact } from '../../../../src/events/event.js'
import { formatBytes, formatClock, formatDuration, formatGuess } from '../../../../src/events/measures.js'
import { createEstimate } from '../../../../src/progress/estimate/eta.js'
import { createHistory, type History, NO_HISTORY } from '../../../../src/progress/estimate/history.js'
import { createLearner } from '../../../../src/progress/estimate/learner.js'
import { withoutVersion } from '../../../../src/progress/estimate/stage-time.js'
import { advance, initialState } from '../../../../src/progress/state.js'
import { cut, width, wrap } from '../../../../src/progress/terminal/cells.js'
import { at, ONE_OF_EACH } from '../../../helpers/events.js'

const run = { ...ONE_OF_EACH['run-started'], stages: ['stage2'] }
const stage = ONE_OF_EACH['stage-started']
const step = ONE_OF_EACH['step-started']
const pkg = (type: 'package-started' | 'package-merged', index: number, total: number): Fact => ({
  ...ONE_OF_EACH['package-merged'],
  type,
  package: `a/p${index}-1.${total}`,
  index,
  total,
})
/** A run of stage2 that merges `merged` of `total` packages, one every `everyMs`. */
function events(merged: number, total: number, everyMs: number): Event[] {
  const list = [at(0, run), at(0, stage), at(0, step)]
  for (let index = 1; index <= merged; index++) {
    list.push(at((index - 1) * everyMs, pkg('package-started', index, total)))
    list.push(at(index * everyMs, pkg('package-merged', index, total)))
  }
  return list
}
/** The rest of a stage that takes a minute after its last package. */
const end = (elapsedMs: number): Event[] => [
  at(elapsedMs + 10_000, { type: 'step-finished', stage: 'stage2', step: 'run', durationMs: 1 }),
  at(elapsedMs + 60_000, ONE_OF_EACH['stage-finished']),
]
const historyOf = (...lists: (readonly Event[])[]): History => {
  const learn = createLearner()
  return createHistory(lists.flat().flatMap((event) => learn(event) ?? []))
}
function estimate(list: readonly Event[], history: History, elapsedMs = list.at(-1)?.elapsedMs ?? 0) {
  const follow = createEstimate(history)
  for (const event of list) follow.take(event)
  return follow.remaining(elapsedMs)
}
const seconds = (of: ReturnType<typeof estimate>): number => Math.round((of?.ms ?? Number.NaN) / 1000)

test('a stage that was never built: two packages say nothing about the others, three do', () => {
  assert.equal(estimate(events(2, 10, 10_000), NO_HISTORY), undefined)
  const three = estimate(events(3, 10, 10_000), NO_HISTORY)
  assert.deepEqual([three?.of, seconds(three), three?.done], ['stage', 70, 0.3])
  assert.equal(estimate(events(10, 10, 1000), NO_HISTORY), undefined)
})

test('what Portage plans counts for all emerges of a stage, packages from source and binary ones apart', () => {
  const planned: Fact = {
    type: 'packages-planned',
    stage: 'stage2',
    packages: [1, 2, 3, 4].flatMap((each) => [
      { package: `a/p${each}-1.2`, binary: false },
      { package: `a/b${each}-1.2`, binary: true },
    ]),
  }
  const merged = (name: string, binary: boolean): Fact => ({
    ...ONE_OF_EACH['package-merged'],
    ...{ package: name, binary },
  })
  const list = [
    ...[at(0, run), at(0, stage), at(0, planned), at(20_000, merged('a/p1-1.2', false))],
    ...[at(21_000, merged('a/b1-1.2', true)), at(41_000, merged('a/p2-1.2', false))],
  ]
  assert.equal(seconds(estimate(list, NO_HISTORY)), 2 * 20 + 3)
})

test('an earlier run knows which packages are slow, whatever their version, and what comes after them', () => {
  const earlier = [
    ...events(3, 4, 10_000),
    ...[at(30_000, pkg('package-started', 4, 4)), at(130_000, pkg('package-merged', 4, 4)), ...end(130_000)],
  ]
  const history = historyOf(earlier)
  const now = events(1, 4, 10_000).map((event) =>
    'package' in event ? ({ ...event, package: `${event.package}-r7` } as Event) : event,
  )
  assert.deepEqual([estimate(now, history)?.of, seconds(estimate(now, history))], ['run', 180])
  assert.equal(seconds(estimate(now, history, 15_000)), 175)
  // A package that takes longer than it did: so may the others.
  const later = [20_000, 40_000, 60_000].map((elapsedMs) => seconds(estimate(now, history, elapsedMs)))
  assert.deepEqual(later, [170, 276, 389])
})

test('the pace of the run is seen: a machine that is half as fast needs twice the time', () => {
  const history = historyOf([...events(40, 40, 20_000), ...end(800_000)])
  const now = seconds(estimate(events(20, 40, 40_000), history))
  assert.ok(now > 800 && now < 960, `${now} s`)
})

test('what was built the last time and is a binary package now costs what binary packages cost', () => {
  const history = historyOf([...events(40, 40, 20_000), ...end(800_000)])
  const packages = Array.from({ length: 40 }, (_, index) => ({
    ...{ package: `a/p${index + 1}-1.40`, binary: true },
  }))
  const planned = at(0, { type: 'packages-planned', stage: 'stage2', packages })
  assert.equal(seconds(estimate([...events(0, 0, 0), planned], history)), 40 * 1.5 + 60)
})

test('stages that follow count as they were; of one that is not known the estimate says that it is of the stage', () => {
  const two = at(0, { ...ONE_OF_EACH['run-started'], stages: ['stage2', 'stage3'] })
  const third = [...events(2, 2, 50_000), ...end(100_000)].map((event) =>
    'stage' in event ? ({ ...event, stage: 'stage3' } as Event) : event,
  )
  const second = [...events(10, 10, 10_000), ...end(100_000)]
  const begun = [two, ...events(0, 0, 0).slice(1)]
  const known = estimate(begun, historyOf(second, third))
  assert.deepEqual([known?.of, seconds(known)], ['run', 320])
  assert.deepEqual(estimate(begun, historyOf(second)), { of: 'stage', ms: 160_000, done: 0 })
  const skipped = [two, at(0, { ...ONE_OF_EACH['stage-skipped'], stage: 'stage2' })]
  assert.equal(seconds(estimate(skipped, historyOf(second, third))), 160)
})

test('usual times: the middle of the last ones, without the wait for a turn; of this version, else of others', () => {
  const build = (name: string, ms: number, waitMs: number): Event[] => [
    at(0, { ...ONE_OF_EACH['package-started'], package: name }),
    at(ms, { ...ONE_OF_EACH['package-phase'], package: name, phase: 'wait' }),
    at(ms + waitMs, { ...ONE_OF_EACH['package-phase'], package: name, phase: 'merge' }),
    at(ms + waitMs, { ...ONE_OF_EACH['package-merged'], package: name, durationMs: ms + waitMs }),
  ]
  const times = [90_000, 10_000, 11_000, 12_000, 13_000, 14_000]
  const history = historyOf(...times.map((ms) => build('a/b-1', ms, 5000)), build('a/c-2', 7000, 0))
  assert.equal(history.usual('a/b-1'), 12_000)
  assert.equal(history.usual('a/c-3-r1'), 7000)
  assert.equal(history.usual('a/d-1'), undefined)
  const binary = { ...ONE_OF_EACH['package-merged'], binary: true }
  assert.equal(historyOf([at(0, binary)]).usual(binary.package), undefined)
})

test('each emerge of a stage counts its own packages', () => {
  const state = initialState()
  for (const event of [...events(3, 3, 1000), at(9000, pkg('package-started', 1, 3))]) advance(state, event)
  assert.deepEqual(
    [...(state.packages?.running.values() ?? [])].map(({ name }) => name),
    ['a/p1-1.3'],
  )
  assert.equal(state.packages?.merged.size, 0)
})

test('names without their version', () => {
  for (const [name, key] of [
    ['sys-libs/zlib-1.3.1-r2', 'sys-libs/zlib'],
    ['x11-libs/gtk+-2', 'x11-libs/gtk+'],
    ['cross-aarch64-cros-linux-gnu/gcc-14.2.1_p20241221', 'cross-aarch64-cros-linux-gnu/gcc'],
    ['dev-libs/font-100dpi-1.0', 'dev-libs/font-100dpi'],
  ] as const)
    assert.equal(withoutVersion(name), key)
})

test('durations, guesses and sizes', () => {
  assert.deepEqual([400, 59_949, 59_950, 192_000, 3_720_000].map(formatDuration), [
    '0.4 s',
    '59.9 s',
    '1 min 0 s',
    '3 min 12 s',
    '1 h 2 min',
  ])
  assert.deepEqual([4999, 59_999, 60_000].map(formatClock), ['4 s', '59 s', '1 min 0 s'])
  assert.deepEqual([59_000, 61_000, 170_000, 3_600_000, 7_800_000].map(formatGuess), [
    'under a minute',
    'about 1 min',
    'about 3 min',
    'about 1 h',
    'about 2 h 10 min',
  ])
  assert.deepEqual([0, 1023, 1024, 1_048_575, 5 * 1024 ** 3].map(formatBytes), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.0 MiB',
    '5.0 GiB',
  ])
})

test('cells: cut and wrap', () => {
  assert.equal(width('aé日🎉e\u0301'), 7)
  for (const [text, cells, expected] of [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['日本', 3, '日…'],
    ['日本', 2, '…'],
    ['日本', 4, '日本'],
    ['abc', 0, ''],
    ['e\u0301e\u0301', 2, 'e\u0301e\u0301'],
  ] as const) {
    assert.equal(cut(text, cells), expected)
    assert.ok(width(cut(text, cells)) <= cells)
  }
  assert.deepEqual(wrap(['aa', 'bb', 'cccccc', 'd'], 5), ['aa bb', 'cccccc', 'd'])
  assert.deepEqual(wrap([], 5), [])
})
