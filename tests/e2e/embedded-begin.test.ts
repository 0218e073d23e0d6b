// The quick embedded SDK as far as a change can wait for it: its distribution seed, stages 1 and 2 offline, killed on the
// way. tests/nightly/embedded-quick has the whole. Needs root and apt.

import assert from 'node:assert/strict'
import { readlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { once } from '../helpers/prepared.js'
import { leftoversOf, members } from './archive-facts.js'
import { embeddedPlace } from './embedded-place.js'
import { SKIP } from './mini-place.js'
import { afterPackages, assertNothingLeft } from './run-command.js'

const BEGIN = ['stage1', 'stage2'] as const

describe('the quick embedded SDK, its first stages', { skip: SKIP }, () => {
  const place = embeddedPlace()
  const { folder, first } = place

  const fetched = once(() => place.fetch(BEGIN))

  const killed = once(async () => {
    await fetched()
    const run = await first.offline(BEGIN, { killAt: afterPackages('stage2', 2) })
    await assertNothingLeft(folder)
    return run
  })

  const finished = once(async () => {
    await killed()
    const run = await first.offline(BEGIN)
    assert.equal(run.exitCode, 0, run.stderr)
    return run
  })

  test('fetch gets the seed, and the sources of two stages', async () => {
    const run = await fetched()
    assert.equal(run.exitCode, 0, run.stderr)
    assert.ok(run.events.some((event) => event.type === 'distfile-fetched'))
  })

  test('kill -9 in stage 2 leaves nothing', async () => {
    const run = await killed()
    assert.equal(run.signal, 'SIGKILL', run.stderr)
  })

  test('the same version goes on, offline, in little memory, with the packages that were finished', async () => {
    const run = await finished()
    const skipped = run.events.flatMap((event) => (event.type === 'stage-skipped' ? [event.stage] : []))
    assert.deepEqual(skipped, ['stage1'])
    assert.ok(run.peakKib > 0 && run.peakKib <= 150 * 1024, `the engine took ${run.peakKib} KiB`)
    const origins = new Set(first.record('stage2').packages.map((each) => each.origin))
    assert.ok(origins.has('reused'), 'stage 2 was killed after some packages; they were to be used again')
  })

  test('stage 2 has built its toolchain since stage 1 was finished', async () => {
    await finished()
    const since = Math.floor(Date.parse(first.record('stage1').timing.finished) / 1000)
    const binutils = first.record('stage2').packages.find(({ cpv }) => cpv.startsWith('sys-devel/binutils-'))
    assert.ok(binutils !== undefined && ['source', 'reused'].includes(binutils.origin), binutils?.origin)
    assert.ok(binutils.buildTime >= since)
  })

  test('verify finds nothing wrong; the archives hold nothing of the run or the machine', async () => {
    await finished()
    const run = await first.run(['verify'])
    assert.equal(run.exitCode, 0, run.stderr)
    for (const stage of BEGIN) {
      const file = first.archive(stage)
      assert.equal(readlinkSync(first.archive(stage, 'latest')), path.basename(file))
      assert.deepEqual(leftoversOf(file), [], stage)
      assert.ok(members(file).includes('./tmp/') && members(file).includes('./var/tmp/'), stage)
    }
  })
})
