// What a finished run leaves below its catalyst root, edited and damaged file by file: nothing of it is believed by its name.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import { SdkError } from '../../src/errors.js'
import { checkArchive } from '../../src/inspect/verify/check-archive.js'
import { versionState } from '../../src/inspect/versions.js'
import { sideFiles } from '../../src/store/layout.js'
import { readRecord } from '../../src/store/record.js'
import { edits } from '../helpers/edits.js'
import { needsRoot } from './store-helpers.js'
import { build, makeSeed } from './tiny-stages.js'
import { ground } from './verbs-helpers.js'

/** Whether `error` is another one than what a damaged record is. */
const isOther = (error: unknown): boolean => !(error instanceof SdkError && error.code === 'SDK_CHAIN')

test(
  'an edit of any value of a record is found by verify, status and whoever builds upon it',
  needsRoot(),
  async (t) => {
    const place = await ground(t)
    const { layout } = await build({ name: 'cr', jobs: 2, place, seedTarball: await makeSeed(place) })
    const archive = layout.archive('stage2', 'zstd')
    const { record: file } = sideFiles(archive)
    const text = readFileSync(file, 'utf8')
    assert.deepEqual((await checkArchive(archive)).findings, [])
    const missed: string[] = []
    const all = [...edits(JSON.parse(text))]
    for (const [index, { what, json }] of all.entries()) {
      writeFileSync(file, JSON.stringify(json))
      if (await readRecord(file).then(() => true, isOther)) missed.push(`build: ${what}`)
      // Both read it as a build does; the one reads the archive, too.
      if (index % 25 !== 0) continue
      const { findings } = await checkArchive(archive)
      if (!findings.some(({ check }) => check === 'record')) missed.push(`verify: ${what}`)
      if ((await versionState(layout)).stages.stage2.state !== 'broken') missed.push(`status: ${what}`)
    }
    assert.ok(all.length > 300, `only ${all.length} edits were tried`)
    assert.deepEqual(missed, [])
    // Written otherwise it says the same, and is believed.
    writeFileSync(file, JSON.stringify(JSON.parse(text), null, 7))
    assert.deepEqual((await checkArchive(archive)).findings, [])
    // The list beside it is an input of whoever builds upon it elsewhere.
    for (const damage of [(list: string) => writeFileSync(list, ''), (list: string) => rmSync(list)]) {
      damage(sideFiles(archive).lineage)
      const [finding] = (await checkArchive(archive)).findings
      assert.match(
        finding?.problem ?? '',
        /lineage\.gz: expected a list with the sha256 [0-9a-f]{64}, found none/,
      )
    }
  },
)
