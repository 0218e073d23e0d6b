// Names that a copy of a folder cannot have.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { oddModes } from '../../../src/files/modes.js'

test('a name that is not UTF-8 is said with its folder; one that only has the mark for such in it is a name', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'modes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'below'))
  writeFileSync(path.join(folder, 'below/\ufffd'), '', { mode: 0o600 })
  assert.deepEqual(await oddModes(folder), ['600 below/\ufffd'])
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/below/a`), Buffer.from([0xff])]), '')
  await assert.rejects(
    oddModes(folder),
    /^Error: expected names in UTF-8, found other bytes: "a\ufffd" in .*\/below$/,
  )
})
