// `--runner catalyst`, for real: killed in every stage, all four stages, and the next generation by the native runner. It
// needs a catalyst 4, which no package registry has: without one on the PATH there is nothing to run here.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findCatalyst } from '../../src/catalyst/run-host.js'
import type { Event } from '../../src/events/event.js'
import type { StageRecord } from '../../src/store/record.js'
import { removeTree } from '../../src/store/remove.js'
import { assertNothingLeft, runCommand } from './run-command.js'

const VERSION = '1.0.0+2026-01-01-0000'
const STAGES = ['stage1', 'stage2', 'stage3', 'stage4']

const missing = await findCatalyst().then(
  () => (process.getuid?.() === 0 ? undefined : 'it needs root'),
  (error: Error) => error.message,
)
if (missing === undefined) describe('the quick embedded SDK by catalyst', suite)
else process.stdout.write(`# the runner catalyst is not tried here: ${missing}\n`)

function suite(): void {
  let folder = ''
  const build = (runner: string, ...args: string[]): string[] => [
    ...['--runner', runner, '--catalyst_root', path.join(folder, runner)],
    ...['--version', VERSION, '--json', ...args],
  ]
  const release = (runner: string): string =>
    path.join(folder, runner, `builds/embedded-sdk/embedded-sdk-amd64-${VERSION}.tar.zst`)
  const record = (runner: string, stage: string): StageRecord =>
    JSON.parse(
      readFileSync(
        path.join(folder, runner, `builds/embedded-sdk/${stage}-amd64-${VERSION}.tar.zst.record.json`),
        'utf8',
      ),
    ) as StageRecord

  before(() => {
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'bootstrap-catalyst-')))
  })
  after(async () => {
    await assertNothingLeft(folder)
    await removeTree(folder, path.dirname(folder))
  })

  for (const stage of STAGES)
    test(`kill -9 in ${stage} leaves nothing`, async () => {
      const killAt = (event: Event): boolean => event.type === 'package-merged' && event.stage === stage
      const killed = await runCommand(build('catalyst'), { killAt })
      assert.equal(killed.signal, 'SIGKILL', killed.stderr)
      await assertNothingLeft(folder)
    })

  test('the same version goes on to the SDK', async () => {
    const run = await runCommand(build('catalyst'))
    assert.equal(run.exitCode, 0, run.stderr)
    for (const stage of STAGES) {
      const { inputs, elf } = record('catalyst', stage)
      assert.equal(inputs.runner, 'catalyst')
      assert.match(inputs.tools.catalyst ?? '', /^4\./)
      assert.ok(elf !== undefined && elf.checked > 0)
    }
  })

  test('verify finds nothing wrong', async () => {
    const place = ['--catalyst_root', path.join(folder, 'catalyst'), '--version', VERSION]
    const run = await runCommand(['verify', ...place, '--json'])
    assert.equal(run.exitCode, 0, run.stdout)
  })

  test('it seeds the native runner, whose stages have the same packages', async () => {
    const run = await runCommand(build('native', '--seed_tarball', release('catalyst')))
    assert.equal(run.exitCode, 0, run.stderr)
    for (const stage of STAGES) assert.deepEqual(names('native', stage), names('catalyst', stage), stage)
  })

  test('and that one seeds catalyst', async () => {
    const next = ['--version', '1.0.0+2026-02-02-0000', 'stage1']
    const run = await runCommand(build('catalyst', ...next, '--seed_tarball', release('native')))
    assert.equal(run.exitCode, 0, run.stderr)
  })

  const names = (runner: string, stage: string): string[] =>
    record(runner, stage)
      .packages.map(({ cpv, repo }) => `${cpv}::${repo}`)
      .sort()
}
