import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archivedBeside } from '../../../src/forecast/archived-beside.js'
import type { Request } from '../../../src/request/request.js'

const definition = { stages: ['stage1', 'stage2', 'stage3'], places: {} }
const request = { jobs: 2, runner: 'native', definition } as unknown as Request
const one = { stage: 'stage1', action: 'run' } as const
const two = { stage: 'stage2', action: 'run' } as const

test('an archive is planned beside the next stage where the run can make it there, memory aside', () => {
  assert.equal(archivedBeside(request, one, two), 'stage2')
  const inTurn: Record<string, Parameters<typeof archivedBeside>> = {
    'one job': [{ ...request, jobs: 1 }, one, two],
    'another runner, whose stages have no key': [{ ...request, runner: 'catalyst' }, one, two],
    'nothing is built': [request, { ...one, action: 'skip' }, two],
    'the next one is taken from the store': [request, one, { ...two, action: 'take' }],
    'the last one': [request, two, undefined],
    'a gap': [request, one, { ...two, stage: 'stage3' }],
  }
  for (const [why, given] of Object.entries(inTurn)) assert.equal(archivedBeside(...given), undefined, why)
})
