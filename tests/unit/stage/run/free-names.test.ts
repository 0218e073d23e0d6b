import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { requireFreeNames } from '../../../../src/stage/run/free-names.js'
import { createLayout } from '../../../../src/store/layout.js'

test('a folder that has the name of an archive, or of a file beside it, is said before the stage runs', () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'names-'))
  try {
    const layout = createLayout({ root, type: 'x-sdk', arch: 'amd64', version: '1' })
    const plan = { layout, stage: 'stage1', compression: 'zstd' } as const
    const archive = layout.archive('stage1', 'zstd')
    requireFreeNames(plan)
    mkdirSync(layout.builds, { recursive: true })
    writeFileSync(archive, 'of an earlier run')
    requireFreeNames(plan)
    for (const suffix of ['', '.CONTENTS.gz', '.DIGESTS', '.record.json', '.lineage.gz']) {
      rmSync(archive, { force: true })
      mkdirSync(`${archive}${suffix}`)
      assert.throws(() => requireFreeNames(plan), {
        code: 'SDK_HOST',
        message: `${archive}${suffix}: expected a file, or a place for one, found a folder`,
      })
      rmSync(`${archive}${suffix}`, { recursive: true })
    }
  } finally {
    rmSync(root, { recursive: true })
  }
})
