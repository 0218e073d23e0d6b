import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBus } from '../../../src/events/bus.js'
import type { Event } from '../../../src/events/event.js'

test('a wall clock that jumps to 1970 or 2040 in the middle of a run changes no duration and no order', () => {
  const times = [
    '2026-11-29T12:00:00Z',
    '1970-01-01T00:00:00Z',
    '2040-02-29T00:00:00Z',
    '2026-11-29T12:00:01Z',
  ]
  const heard: Event[] = []
  let passed = 0
  const clock = { now: () => new Date(times[passed] ?? 0), monotonicMs: () => 500 + 1000 * passed }
  const bus = createBus([{ on: (event) => heard.push(event), close: () => {} }], { clock })
  for (; passed < times.length; passed++) bus.emit({ type: 'warning', message: `${passed}` })
  bus.close()
  assert.deepEqual(
    heard.map((event) => [event.elapsedMs, event.time.slice(0, 4)]),
    [
      [0, '2026'],
      [1000, '1970'],
      [2000, '2040'],
      [3000, '2026'],
    ],
  )
})
