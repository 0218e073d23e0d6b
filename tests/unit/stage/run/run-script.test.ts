// What a stage notes of its merges, for the record and for the error, whoever runs it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../../../../src/events/event.js'
import { type Failure, noting } from '../../../../src/stage/run/run-script.js'

const merge = (cpv: string, binary: boolean): Fact => ({
  type: 'package-merged',
  stage: 'stage3',
  package: cpv,
  index: 1,
  total: 1,
  binary,
  durationMs: 1,
})

test('what an attempt has built once is built by it, however it is merged again', () => {
  const merged = new Map<string, boolean>()
  const passed: Fact[] = []
  const failure: Failure = { package: undefined, log: undefined, said: undefined, place: undefined }
  const note = noting({ merged, emit: (fact) => void passed.push(fact) }, failure)
  const facts = [
    ...[merge('a/built-1', false), merge('a/built-1', true), merge('a/built-1', true)],
    ...[merge('a/taken-1', true), merge('a/taken-1', true)],
    ...[merge('a/late-1', true), merge('a/late-1', false)],
  ]
  for (const fact of facts) note(fact)
  assert.deepEqual(
    [...merged],
    [
      ['a/built-1', false],
      ['a/taken-1', true],
      ['a/late-1', false],
    ],
  )
  assert.deepEqual(passed, facts)
  note({ type: 'package-failed', stage: 'stage3', package: 'a/bad-1', log: '/var/log/portage/bad.log' })
  assert.deepEqual([failure.package, failure.log], ['a/bad-1', '/var/log/portage/bad.log'])
})
