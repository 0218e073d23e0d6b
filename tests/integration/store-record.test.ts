import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'
import { RECORD_FORMAT, readRecord, type StageRecord, writeRecord } from '../../src/store/record.js'
import { verifyArchive } from '../../src/store/recorded-archive.js'
import { temporary } from './store-helpers.js'

const DIGEST = 'a'.repeat(64)

function recordOf(content: string): StageRecord {
  const sha256 = createHash('sha256').update(content).digest('hex')
  return {
    format: RECORD_FORMAT,
    stage: 'stage2',
    ...{ type: 'test-sdk', arch: 'amd64', version: '1.0' },
    sdk: { name: 'embedded', definitionSha256: DIGEST },
    inputs: {
      seed: { sha256: DIGEST, path: '/seed.tar' },
      script: { 'stage2.sh': DIGEST },
      repos: [{ name: 'portage-stable', from: 'tree', path: '/repo', edited: false, digest: DIGEST }],
      config: { 'make.conf': DIGEST },
      profile: 'sdk',
      carry: ['sys-devel/gcc'],
      packagesCarried: [{ cpv: 'sys-devel/gcc-12', from: 'seed' }],
      environment: { LC_ALL: 'C' },
      tools: { tar: '1.34' },
      runner: 'native',
      bootstrapSdk: '0.1.0',
    },
    output: {
      ...{ file: 'stage2.tar.zst', sha256, bytes: content.length, tarSha256: DIGEST, entries: 1 },
      digests: { SHA512: 'ab' },
    },
    packages: [{ cpv: 'app/x-1', repo: 'portage-stable', slot: '0', buildTime: 1, origin: 'source' }],
    timing: { started: '2026-01-01T00:00:00Z', finished: '2026-01-01T00:01:00Z', steps: { unpack: 3 } },
  }
}

test('a record is read as it was written; an absent one is undefined', async (t) => {
  const file = path.join(await temporary(t), 'r.record.json')
  assert.equal(await readRecord(file), undefined)
  await writeRecord(file, recordOf('x'))
  assert.deepEqual(await readRecord(file), recordOf('x'))
})

test('what is not a record of this format breaks the chain, and says where', async (t) => {
  const file = path.join(await temporary(t), 'r.record.json')
  await writeRecord(file, recordOf('x'))
  const good = await readFile(file, 'utf8')
  const cases: [string, RegExp][] = [
    [good.slice(0, 200), /JSON/],
    ['', /JSON/],
    ['null', /the whole/],
    [good.replace(`"format": ${RECORD_FORMAT}`, '"format": 99'), /of format \d+: format: /],
    [good.replace('"from": "tree"', '"from": "elsewhere"'), /inputs\.repos\.0\.from: /],
    [good.replace('"path": "/repo"', '"other": "/repo"'), /inputs\.repos\.0\.path: /],
    [good.replace('"file": "', '"file": "../'), /output\.file: /],
    [good.replace('stage2.tar.zst', '..'), /output\.file: /],
    [good.replace('"bytes": 1', '"bytes": -1'), /output\.bytes/],
    [good.replace('"source"\n', '"elsewhere"\n'), /packages\.0\.origin/],
    [good.replaceAll(DIGEST, DIGEST.toUpperCase()), /64 lower-case hex/],
  ]
  for (const [bad, message] of cases) {
    await writeFile(file, bad)
    await assert.rejects(readRecord(file), { code: 'SDK_CHAIN', message })
  }
  await assert.rejects(readRecord(path.dirname(file)), { code: 'SDK_CHAIN' })
})

test('a record that does not fit the schema is never written', async (t) => {
  const file = path.join(await temporary(t), 'r.record.json')
  const wrong = { ...recordOf('x'), output: { ...recordOf('x').output, sha256: 'short' } }
  await assert.rejects(writeRecord(file, wrong))
  assert.equal(await readRecord(file), undefined)
})

test('an archive is what its record says, or the chain is broken: changed, truncated, gone', async (t) => {
  const archive = path.join(await temporary(t), 'a')
  const record = recordOf('content')
  await writeFile(archive, 'content')
  await verifyArchive(record, archive)
  await writeFile(archive, 'Content')
  const changed = createHash('sha256').update('Content').digest('hex')
  await assert.rejects(verifyArchive(record, archive), {
    code: 'SDK_CHAIN',
    message: new RegExp(`expected sha256 ${record.output.sha256}, got sha256 ${changed}`),
  })
  await truncate(archive, 3)
  await assert.rejects(verifyArchive(record, archive), {
    code: 'SDK_CHAIN',
    message: /7 bytes, got 3 bytes/,
  })
  await assert.rejects(verifyArchive(record, `${archive}.absent`), { code: 'SDK_CHAIN', message: /no file/ })
})
