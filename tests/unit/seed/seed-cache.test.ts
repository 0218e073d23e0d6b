import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { cachedSeed, recordedSeed, rememberSeed } from '../../../src/seed/seed-cache.js'
import { sha256File } from '../../../src/store/digest.js'

test('a cached seed is one whose record fits; planning looks at its size, building at its bytes', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seed-cache-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'seed.tar.zst')
  writeFileSync(file, 'twelve bytes')
  const seed = { path: file, sha256: await sha256File(file) }
  assert.equal(await recordedSeed(file, 'key'), undefined)
  await rememberSeed(file, { key: 'key', sha256: seed.sha256, bytes: 12 })
  assert.deepEqual(await recordedSeed(file, 'key'), seed)
  assert.deepEqual(await cachedSeed(file, 'key'), seed)
  assert.equal(await cachedSeed(file, 'another key'), undefined)
  writeFileSync(file, 'other bytes!')
  assert.deepEqual(await recordedSeed(file, 'key'), seed)
  assert.equal(await cachedSeed(file, 'key'), undefined)
  for (const text of ['', '{', 'null', '{"format":2}']) {
    writeFileSync(`${file}.seed.json`, text)
    assert.equal(await cachedSeed(file, 'key'), undefined, text)
  }
})
