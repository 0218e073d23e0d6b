import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fact } from '../../../src/events/event.js'
import { tellWork } from '../../../src/events/work.js'

const work = { work: 'digest', name: 'a.tar', bytes: 100 } as const

test('work that goes on is told with its bytes, at most once a second, and that it has ended', async () => {
  const told: Fact[] = []
  let done = 0
  const begin = performance.now()
  const result = await tellWork(
    { ...work, emit: (fact) => void told.push(fact), done: () => (done += 10) },
    async () => {
      await sleep(2200)
      return 'result'
    },
  )
  const seconds = (performance.now() - begin) / 1000
  assert.equal(result, 'result')
  const [first, last] = [told[0], told.at(-1)]
  assert.ok(first?.type === 'work-progress' && last?.type === 'work-progress')
  assert.deepEqual({ ...first, durationMs: 0 }, { type: 'work-progress', ...work, done: 10, durationMs: 0 })
  assert.deepEqual([last.ended, last.done], [true, told.length * 10])
  assert.ok(told.length >= 2 && told.length <= Math.ceil(seconds) + 1, String(told.length))
  assert.ok(last.durationMs >= 2000)
})

test('of work that is over at once, or that nobody asks about, nothing is told', async () => {
  const told: Fact[] = []
  const emit = (fact: Fact): void => void told.push(fact)
  assert.equal(await tellWork({ ...work, emit, done: () => 1 }, async () => 'quick'), 'quick')
  assert.equal(await tellWork({ ...work, emit: undefined, done: () => 1 }, async () => 'quiet'), 'quiet')
  assert.equal(told.length, 0)
})

test('work that fails has ended, too', async () => {
  const ended: unknown[] = []
  const emit = (fact: Fact): void => void ended.push(fact.type === 'work-progress' && fact.ended)
  const failing = tellWork({ ...work, emit, done: () => 1 }, async () => {
    await sleep(1100)
    throw new Error('broken')
  })
  await assert.rejects(failing, /^Error: broken$/)
  assert.deepEqual(ended, [undefined, true])
})
