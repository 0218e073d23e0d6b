import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { holdRoot, requireHeld } from '../../../../src/store/disk/held-root.js'

test('a root that is no longer there, or another folder, is told of, whatever stands in its way; put back it is held', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'held-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [above, away] = [path.join(folder, 'above'), path.join(folder, 'away')]
  const root = path.join(above, 'root')
  mkdirSync(root, { recursive: true })
  const held = holdRoot(root)
  requireHeld(held)
  renameSync(above, away)
  assert.match(held()?.message ?? '', /root is not there any more: the catalyst root was moved/)
  writeFileSync(above, 'a file')
  assert.match(held()?.message ?? '', /root is not there any more/)
  rmSync(above)
  mkdirSync(root, { recursive: true })
  assert.throws(() => requireHeld(held), { code: 'SDK_HOST', message: /root is another folder now/ })
  rmSync(above, { recursive: true })
  renameSync(away, above)
  requireHeld(held)
})
