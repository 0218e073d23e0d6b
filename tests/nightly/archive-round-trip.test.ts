// A tree of 100 000 files there and back, as archive-round-trip of tests/integration has it with a few.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workDirectory } from '../integration/archive-helpers.js'
import { roundTrip } from '../integration/round-trip.js'

test('100 000 files, names of every byte, and what is hard to store', async (t) => {
  assert.ok((await roundTrip(await workDirectory(t), 100_000)) > 100_000)
})
