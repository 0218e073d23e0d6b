// What of a failure is said where, so that all of it is said, and nothing twice.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../../src/events/event.js'
import { beside, reasons, unsaidMessage } from '../../../src/events/failure-words.js'
import { ONE_OF_EACH } from '../../helpers/events.js'

const { problem: _, causes: __, package: ___, ...plain } = ONE_OF_EACH['stage-failed']
const failed: Extract<Event, { type: 'stage-failed' }> = {
  ...plain,
  ...{ v: 1, time: '2026-01-01T00:00:00Z', elapsedMs: 9 },
  log: '/r/run.log',
  tail: ['a', 'b', 'b', 'x.c:1: error: no'],
}
const cause = { line: 7, text: 'x.c:1: error: no' }

test('beside the causes: the end of the log without them and without repeats; without causes all of it', () => {
  assert.deepEqual(beside({ ...failed, causes: [cause] }), ['a', 'b'])
  assert.deepEqual(beside(failed), failed.tail)
  assert.deepEqual(beside({ ...failed, problem: ['it ended with 1', 'a', cause.text], causes: [cause] }), [
    'a',
  ])
})

test('for who has little room: what failed, and what names the cause', () => {
  const of = ({ line, text }: typeof cause): string => `${line}: ${text}`
  assert.deepEqual(reasons({ ...failed, problem: ['it ended with 1', 'a'], causes: [cause] }, of), [
    ...['it ended with 1', '7: x.c:1: error: no'],
  ])
  assert.deepEqual(reasons({ ...failed, causes: [cause] }, of), ['7: x.c:1: error: no'])
  assert.deepEqual(reasons({ ...failed, problem: ['circular dependencies:'] }, of), [
    'circular dependencies:',
  ])
})

test('a message says its first line, what the stage has not said, and no colon before nothing', () => {
  const told = { ...failed, problem: ['circular dependencies:', 'a needs b'] }
  assert.deepEqual(unsaidMessage('failed: circular dependencies:\n  a needs b', told), [
    'failed: circular dependencies',
  ])
  assert.deepEqual(unsaidMessage('failed:\nof something else', told), ['failed:', 'of something else'])
  assert.deepEqual(unsaidMessage('failed:', undefined), ['failed:'])
})
