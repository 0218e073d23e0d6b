// The log of a pass that failed: its end, and the lines that say why. Whoever wrote it may have written gigabytes.

import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { logOf } from '../../../../src/stage/watch/failed-log.js'
import { ONE_REPO, tinyDefinition, tinyPlan } from '../../../helpers/tiny-plan.js'

test('causes are told by the number of their line, of a long log those of its end', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'failed-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'main/profiles'), { recursive: true })
  writeFileSync(path.join(folder, 'main/profiles/repo_name'), 'main\n')
  const plan = await tinyPlan(tinyDefinition(folder, ONE_REPO), 'stage2', { root: folder })
  const log = path.join(folder, 'run.log')
  const causes = (): unknown => logOf(plan, { failure: { log: undefined }, log }).causes
  writeFileSync(log, 'early.c:1: error: no\nline\nlate.c:2: error: yes\n')
  assert.deepEqual(causes(), [
    { line: 1, text: 'early.c:1: error: no' },
    { line: 3, text: 'late.c:2: error: yes' },
  ])
  const line = `${'x'.repeat(1023)}\n`
  writeFileSync(log, 'early.c:1: error: no\n')
  for (let MiB = 0; MiB < 33; MiB++) appendFileSync(log, line.repeat(1024))
  appendFileSync(log, 'late.c:2: error: yes\n')
  assert.deepEqual(causes(), [{ line: 33 * 1024 + 2, text: 'late.c:2: error: yes' }])
})
