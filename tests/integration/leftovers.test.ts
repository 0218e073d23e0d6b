// A run that was killed between the record of a stage and its link: the next one skips the stage, and ends what is left.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { createLayout, sideFiles } from '../../src/store/layout.js'
import { type StageRecord, writeRecord } from '../../src/store/record.js'
import { finishedSdk } from './publish-helpers.js'
import { needsRoot } from './store-helpers.js'
import { cli } from './verbs-helpers.js'

test(
  'a stage that is skipped gets its link, never back from a newer one, and loses its attempt',
  needsRoot(),
  async (t) => {
    const { layout, place, archives } = await finishedSdk(t)
    const links = ['stage1', 'stage2', 'stage3', 'stage4'].map((stage) => layout.latestLink(stage, 'zstd'))
    const read = (): string[] => links.map((link) => readlinkSync(link))
    const ours = archives.map((archive) => path.basename(archive))
    /** Another version's stage with its record only, and the link to it. */
    const other = async (stage: string, version: string, finished: string): Promise<string> => {
      const archive = createLayout({ ...layout, version }).archive(stage, 'zstd')
      const text = readFileSync(sideFiles(layout.archive(stage, 'zstd')).record, 'utf8')
      const record = JSON.parse(text) as StageRecord
      await writeRecord(sideFiles(archive).record, { ...record, timing: { ...record.timing, finished } })
      symlinkSync(path.basename(archive), layout.latestLink(stage, 'zstd'))
      return path.basename(archive)
    }
    symlinkSync('stage2-amd64-gone.tar.zst', links[1] as string)
    await other('stage3', '0.9', '2025-12-31T23:59:59.999Z')
    const newer = await other('stage4', '1.1', '2026-01-01T00:01:00.001Z')
    for (const stage of ['stage1', 'stage3']) {
      mkdirSync(path.join(layout.work(stage), 'root'), { recursive: true })
      writeFileSync(path.join(layout.work(stage), 'root/file'), '')
    }
    const args = [...place, '--version', '1.0.0+a']
    const { exitCode, stderr } = await cli(args)
    assert.equal(exitCode, 0, stderr)
    assert.deepEqual(read(), [...ours.slice(0, 3), newer])
    assert.deepEqual(readdirSync(path.dirname(layout.work('stage1'))), [])
    // A record that cannot be read may be of a later program.
    writeFileSync(path.join(layout.builds, `${newer}.record.json`), '{}')
    assert.equal((await cli(args)).exitCode, 0)
    assert.deepEqual(read(), [...ours.slice(0, 3), newer])
  },
)
