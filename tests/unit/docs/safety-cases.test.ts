// docs/safety-cases.md names the tests of each of the 90 cases, and each test that it names is there.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assertProven, rowsOf } from '../../helpers/proofs.js'

const TEXT = readFileSync('docs/safety-cases.md', 'utf8')
const rows = rowsOf(TEXT)

test('every case has one row, in order', () => {
  assert.deepEqual(
    rows.map((row) => row.number),
    Array.from({ length: 90 }, (_, index) => index + 1),
  )
})

for (const row of rows)
  test(`case ${row.number} is proven by tests that are there, or says why not`, () => {
    if (row.tests.length === 0) assert.match(row.proof, /^not proven: .{20,}/)
    assertProven(row)
  })

test('at least 85 cases are proven by tests that CI runs', () => {
  const inCi = rows.filter(({ tests }) => tests.some(({ file }) => !file.startsWith('tests/nightly/')))
  assert.ok(inCi.length >= 85, `${inCi.length} are`)
})

test('at least 85 cases are proven, and the text says how many', () => {
  const proven = rows.filter((row) => row.tests.length > 0).length
  assert.ok(proven >= 85, `${proven} are proven`)
  assert.match(TEXT, new RegExp(`^${proven} of the 90 `, 'm'))
})
