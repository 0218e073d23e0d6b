// The order of versions: that of their runs, whatever the clock has written.

import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { listVersions } from '../../../src/inspect/versions.js'
import { createLayout, type LayoutNames } from '../../../src/store/layout.js'
import { noteWorkedUpon, workedUpon } from '../../../src/store/version-order.js'

function place(t: TestContext): Omit<LayoutNames, 'version'> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'version-order-'))
  t.after(() => rmSync(root, { recursive: true }))
  return { root, type: 'sdk', arch: 'amd64' }
}

/** A journal of `version` that was written to at `year`. */
function journal(names: Omit<LayoutNames, 'version'>, version: string, year: number): void {
  const { journal: file } = createLayout({ ...names, version })
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, '')
  utimesSync(file, new Date(`${year}-01-01T00:00:00Z`), new Date(`${year}-01-01T00:00:00Z`))
}

const listed = async (names: Omit<LayoutNames, 'version'>): Promise<string[]> =>
  (await listVersions(names)).map(({ version }) => version)

test('the newest version is that of the last run, also when the clock was ahead in one before', async (t) => {
  const names = place(t)
  for (const [version, year] of [
    ['1', 2037],
    ['2', 2024],
    ['3', 2026],
    ['4', 1970],
  ] as const)
    journal(names, version, year)
  // Of programs that noted nothing there are only times.
  assert.deepEqual(await listed(names), ['1', '3', '2', '4'])
  for (const version of ['1', '2', '4']) await noteWorkedUpon({ ...names, version })
  assert.deepEqual(await listed(names), ['4', '2', '1', '3'])
  await noteWorkedUpon({ ...names, version: '1' })
  assert.deepEqual(await listed(names), ['1', '4', '2', '3'])
})

test('lines that a kill has torn, and files that are none, are no versions; a long file gets short again', async (t) => {
  const names = place(t)
  await noteWorkedUpon({ ...names, version: 'a' })
  const file = path.join(names.root, 'log', 'sdk', 'versions-amd64.txt')
  appendFileSync(file, 'torn')
  await noteWorkedUpon({ ...names, version: 'b' })
  assert.deepEqual(workedUpon(names), ['b', 'torn', 'a'])
  appendFileSync(file, 'b\na\n'.repeat(50_000))
  await noteWorkedUpon({ ...names, version: 'c' })
  assert.equal(readFileSync(file, 'utf8'), 'torn\nb\na\nc\n')
  rmSync(file)
  mkdirSync(file)
  await noteWorkedUpon({ ...names, version: 'c' })
  assert.deepEqual(workedUpon(names), [])
})
