import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fuzz } from '../helpers/archive-fuzz/fuzz.js'
import { fuzzStreams } from '../helpers/archive-fuzz/streams.js'
import { fuzzParsers } from '../helpers/parser-fuzz.js'
import { isRoot, workDirectory } from './archive-helpers.js'

// tests/nightly has more of both.

test('what the audit lets pass, tar unpacks to just what was audited', async (t) => {
  if (!isRoot(t)) return
  const work = join(await workDirectory(t), 'fuzz')
  await mkdir(work)
  const { rounds, compared } = fuzz(work, { start: 1, rounds: 1000 })
  assert.ok(compared > rounds / 6, `${compared} of ${rounds} archives were compared`)
})

test('damaged compressed data is refused, or has the right bytes', async (t) => {
  const refused = await fuzzStreams(join(await workDirectory(t), 'a'), { start: 1, rounds: 100 })
  assert.ok(refused > 70, `${refused} refused`)
})

test('records, lists, definitions and whatever else is read are taken or refused in words, however they were changed', async (t) => {
  const { rounds, refused } = await fuzzParsers(join(await workDirectory(t), 'read'), {
    start: 1,
    rounds: 20,
  })
  assert.ok(refused > rounds / 8, `${refused} of ${rounds} refused`)
})
