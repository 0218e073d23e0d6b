// docs/peers.md names a test for each row that is ours, and each test that it names is there.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assertProven, rowsOf } from '../../helpers/proofs.js'

const TEXT = readFileSync('docs/peers.md', 'utf8')
const rows = rowsOf(TEXT)

test('the rows are numbered in order, and each of the seven peers is in one', () => {
  assert.ok(rows.length >= 32, `${rows.length} rows`)
  assert.deepEqual(
    rows.map(({ number }) => number),
    rows.map((_, index) => index + 1),
  )
  for (const peer of ['mkosi', 'osbuild', 'crosstool-ng', 'bitbake', 'cargo', 'nom', 'pnpm'])
    assert.ok(
      rows.some(({ proof }) => proof.includes(peer)),
      peer,
    )
})

for (const row of rows)
  test(`row ${row.number} is proven by tests that are there: ${row.claim}`, () => {
    assert.ok(row.tests.length > 0)
    assertProven(row)
  })
