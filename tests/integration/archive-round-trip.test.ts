import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRoot, workDirectory } from './archive-helpers.js'
import { roundTrip } from './round-trip.js'

test('we, GNU tar and bsdtar unpack the same tree of what we pack, to the last attribute', async (t) => {
  if (!isRoot(t)) return
  // tests/nightly has more files.
  assert.ok((await roundTrip(await workDirectory(t), 200)) > 800)
})
