// The table of stages: what its columns have to agree on, and that nothing else tells stages apart.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { FIRST_STAGE, LAST_STAGE, STAGES, stagesThat, TRAITS } from '../../../src/sdk/stages.js'

const PROJECT = path.resolve(import.meta.dirname, '../../../..')

test('the chain makes sense: it begins empty, keeps before it takes, and ends with an SDK that is free of its seed', () => {
  assert.deepEqual(Object.keys(TRAITS), STAGES)
  // A root that starts empty leans on what fills it; nothing can be cloned before there is one.
  assert.deepEqual(
    stagesThat(({ root }) => root === 'empty'),
    [FIRST_STAGE],
  )
  assert.deepEqual(
    stagesThat(({ leansOnSeed }) => leansOnSeed),
    [FIRST_STAGE],
  )
  const at = (pool: string): number[] =>
    stagesThat((traits) => traits.pool === pool).map((stage) => STAGES.indexOf(stage))
  assert.ok(at('takes').every((index) => at('keeps').some((before) => before < index)))
  // Once free of the seed, the stages that follow stay so.
  const free = stagesThat(({ freeOfSeed }) => freeOfSeed)
  assert.deepEqual(free, STAGES.slice(-free.length))
  assert.ok(free.every((stage) => !TRAITS[stage].leansOnSeed))
  assert.deepEqual(
    stagesThat(({ tailorsRoot, buildsCross }) => tailorsRoot && buildsCross),
    [LAST_STAGE],
  )
})

test('stages with the same traits are the same but for what the definition installs', () => {
  const rows = STAGES.map((stage) => JSON.stringify(TRAITS[stage]))
  assert.equal(new Set(rows).size, STAGES.length)
})

test('no other file asks which stage it is', () => {
  const files = readdirSync(path.join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  assert.ok(files.length > 200)
  const asks = /(?:[!=]==?|\bcase|\?\?|includes\(|work\()\s*'stage[1-4]'|'stage[1-4]'\s*[!=]==?/
  const found = files.filter((file) => asks.test(readFileSync(path.join(PROJECT, 'src', file), 'utf8')))
  assert.deepEqual(found, [])
  // Names of stages are also keys of a definition and of specs; those who read one name it.
  const names = files.filter((file) =>
    /'stage[1-4]'/.test(readFileSync(path.join(PROJECT, 'src', file), 'utf8')),
  )
  assert.deepEqual(names.sort(), [
    'catalyst/run/files.ts',
    'catalyst/stage4.ts',
    'sdk/read/rules.ts',
    'sdk/stages.ts',
  ])
})
