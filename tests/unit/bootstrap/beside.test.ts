import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayFinishBeside } from '../../../src/bootstrap/beside.js'
import type { SdkDefinition } from '../../../src/sdk/definition.js'

const definition = { stages: ['stage1', 'stage2', 'stage3', 'stage4'] } as unknown as SdkDefinition
const GIB = 1024 ** 3
const room = { next: 'stage2', memory: 8 * GIB } as const

test('a stage is finished beside the one that follows it, with more than one job and enough memory', () => {
  assert.equal(mayFinishBeside({ jobs: 2, definition }, 'stage1', room), true)
  assert.equal(mayFinishBeside({ jobs: 1, definition }, 'stage1', room), false)
  assert.equal(mayFinishBeside({ jobs: 8, definition }, 'stage1', { ...room, memory: GIB }), false)
})

test('the last stage of a run has nothing beside it, and neither has one before a gap', () => {
  assert.equal(mayFinishBeside({ jobs: 2, definition }, 'stage4', { ...room, next: undefined }), false)
  assert.equal(mayFinishBeside({ jobs: 2, definition }, 'stage1', { ...room, next: 'stage3' }), false)
})
