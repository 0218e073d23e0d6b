// A run that was killed between the record of a stage and its link: the next one skips the stage, and ends what is left.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { nextInOrder } from '../../src/store/finish-order.js'
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
    const other = async (
      stage: string,
      version: string,
      timing: Partial<StageRecord['timing']>,
    ): Promise<string> => {
      const archive = createLayout({ ...layout, version }).archive(stage, 'zstd')
      const text = readFileSync(sideFiles(layout.archive(stage, 'zstd')).record, 'utf8')
      const record = JSON.parse(text) as StageRecord
      await writeRecord(sideFiles(archive).record, { ...record, timing: { ...record.timing, ...timing } })
      symlinkSync(path.basename(archive), layout.latestLink(stage, 'zstd'))
      return path.basename(archive)
    }
    symlinkSync('stage2-amd64-gone.tar.zst', links[1] as string)
    await other('stage3', '0.9', { finished: '2025-12-31T23:59:59.999Z' })
    const newer = await other('stage4', '1.1', { finished: '2026-01-01T00:01:00.001Z' })
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

test(
  'which of two stages was finished later is told by their numbers, whatever the clock said',
  needsRoot(),
  async (t) => {
    const { layout, place, archives } = await finishedSdk(t)
    const recordOf = (version: string, stage: string): string =>
      sideFiles(createLayout({ ...layout, version }).archive(stage, 'zstd')).record
    const write = async (
      version: string,
      stage: string,
      timing: Partial<StageRecord['timing']>,
    ): Promise<void> => {
      const record = JSON.parse(readFileSync(recordOf(layout.version, stage), 'utf8')) as StageRecord
      await writeRecord(recordOf(version, stage), { ...record, timing: { ...record.timing, ...timing } })
    }
    const [past, future] = [{ finished: '2001-01-01T00:00:00Z' }, { finished: '2037-01-01T00:00:00Z' }]
    const cases = [
      { stage: 'stage1', ours: { ...past, order: 4 }, other: { ...future, order: 3 }, moves: true },
      { stage: 'stage2', ours: { ...future, order: 3 }, other: { ...past, order: 4 }, moves: false },
      // One of a program before these numbers was finished before.
      { stage: 'stage3', ours: { ...past, order: 1 }, other: future, moves: true },
      { stage: 'stage4', ours: future, other: { ...past, order: 1 }, moves: false },
    ] as const
    for (const { stage, ours, other } of cases) {
      await write('0.9', stage, other)
      await write(layout.version, stage, ours)
      symlinkSync(`${stage}-amd64-0.9.tar.zst`, layout.latestLink(stage, 'zstd'))
    }
    const { exitCode, stderr } = await cli([...place, '--version', layout.version])
    assert.equal(exitCode, 0, stderr)
    assert.deepEqual(
      cases.map(({ stage }) => readlinkSync(layout.latestLink(stage, 'zstd'))),
      cases.map(({ stage, moves }, at) =>
        moves ? path.basename(archives[at] as string) : `${stage}-amd64-0.9.tar.zst`,
      ),
    )
    assert.equal(await nextInOrder(layout, 'stage1'), 5)
    assert.equal(await nextInOrder(layout, 'stage2'), 5)
  },
)
