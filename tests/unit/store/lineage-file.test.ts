import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { lineageDigest, readLineage, writeLineage } from '../../../src/store/lineage-file.js'

test('paths come back, whatever is in them; others than the record tells of are not believed', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lineage-file-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'x.lineage.gz')
  const paths = ['/b', '/a\nb', '/\u00ff\u0080 "', '/a']
  await writeLineage(file, paths)
  const digest = lineageDigest(paths)
  assert.equal(lineageDigest(paths.toReversed()), digest)
  assert.deepEqual(await readLineage(file, digest), paths.toSorted())
  assert.equal(await readLineage(file, lineageDigest(['/b'])), undefined)
  assert.equal(await readLineage(path.join(folder, 'none')), undefined)
  await writeLineage(file, [])
  assert.deepEqual(await readLineage(file, lineageDigest([])), [])
  for (const damaged of ['no gzip', gzipSync('no JSON\n'), gzipSync('"/a"\n'.repeat(4 * 2 ** 20))]) {
    writeFileSync(file, damaged)
    assert.equal(await readLineage(file), undefined)
  }
})
