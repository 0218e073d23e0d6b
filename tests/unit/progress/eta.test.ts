import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event, Fact } from '../../../src/events/event.js'
import { formatBytes, formatClock, formatDuration, formatGuess } from '../../../src/events/measures.js'
import { cut, width, wrap } from '../../../src/progress/cells.js'
import { historyKey, packageHistory, remainingMs } from '../../../src/progress/eta.js'
import { advance, initialState, type RunState } from '../../../src/progress/state.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'

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
  const list = [at(0, stage), at(0, step)]
  for (let index = 1; index <= merged; index++) {
    list.push(at((index - 1) * everyMs, pkg('package-started', index, total)))
    list.push(at(index * everyMs, pkg('package-merged', index, total)))
  }
  return list
}
function stateOf(list: readonly Event[]): RunState {
  const state = initialState()
  for (const event of list) advance(state, event)
  return state
}
const noHistory = new Map<string, number>()

test('two packages say nothing about the others, three do', () => {
  assert.equal(remainingMs(stateOf(events(2, 10, 1000)), noHistory), undefined)
  assert.equal(remainingMs(stateOf(events(3, 10, 1000)), noHistory), 7000)
  assert.equal(remainingMs(stateOf(events(10, 10, 1000)), noHistory), undefined)
})

test('an earlier run knows which packages are slow, whatever their version', () => {
  const earlier = [
    ...events(3, 4, 1000),
    at(3000, pkg('package-started', 4, 4)),
    at(93_000, pkg('package-merged', 4, 4)),
  ]
  const history = packageHistory(earlier)
  assert.equal(history.get('stage2 a/p4'), 90_000)
  const now = stateOf([...events(1, 4, 1000)])
  assert.equal(remainingMs(now, history), 92_000)
  now.elapsedMs += 5000
  assert.equal(remainingMs(now, history), 87_000)
})

test('a list that grew since the earlier run is estimated from its own packages', () => {
  const history = packageHistory(events(2, 2, 60_000))
  assert.equal(remainingMs(stateOf(events(3, 10, 1000)), history), 7000)
})

test('each emerge of a stage counts its own packages', () => {
  const state = stateOf([...events(3, 3, 1000), at(9000, pkg('package-started', 1, 3))])
  assert.deepEqual([...(state.packages?.running.values() ?? [])], ['a/p1-1.3'])
  assert.equal(state.packages?.merged.size, 0)
})

test('names without their version', () => {
  for (const [name, key] of [
    ['sys-libs/zlib-1.3.1-r2', 'stage1 sys-libs/zlib'],
    ['x11-libs/gtk+-2', 'stage1 x11-libs/gtk+'],
    ['cross-aarch64-cros-linux-gnu/gcc-14.2.1_p20241221', 'stage1 cross-aarch64-cros-linux-gnu/gcc'],
    ['dev-libs/font-100dpi-1.0', 'stage1 dev-libs/font-100dpi'],
  ] as const)
    assert.equal(historyKey('stage1', name), key)
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
    'less than a minute',
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
