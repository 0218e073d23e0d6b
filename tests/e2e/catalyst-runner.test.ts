// `--runner catalyst`, for real, on the miniature SDK: killed in every stage, all four stages, and what one runner made as
// the seed of the other. It needs a catalyst 4, which no package registry has: without one there is nothing to run here.

import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findCatalyst } from '../../src/catalyst/run/host.js'
import { STAGES } from '../../src/sdk/stages.js'
import { removeTree } from '../../src/store/disk/remove.js'
import { once } from '../helpers/prepared.js'
import { MiniPlace } from './mini-place.js'
import { assertNothingLeft, type Run } from './run-command.js'

const missing = await findCatalyst().then(
  () => (process.getuid?.() === 0 ? undefined : 'it needs root'),
  (error: Error) => error.message,
)
if (missing === undefined) describe('the miniature SDK by catalyst', suite)
else process.stdout.write(`# the runner catalyst is not tried here: ${missing}\n`)

/** Versions: by catalyst, by the native runner from the same seed, and the next of each from the other's. */
const BY = { catalyst: '1.0.0+catalyst', native: '1.0.0+native' } as const
type RunnerName = keyof typeof BY

function suite(): void {
  const place = new MiniPlace()
  before(() => place.makeSeed())
  after(async () => {
    await assertNothingLeft(place.folder)
    await removeTree(place.folder, path.dirname(place.folder))
  })

  const options = (runner: RunnerName, seed: string): string[] => [
    ...['--runner', runner, '--seed_tarball', seed],
  ]
  const built = (run: Run): void => assert.equal(run.exitCode, 0, run.stderr)

  const byCatalyst = once(async () => built(await place.build(BY.catalyst, options('catalyst', place.seed))))
  const byNative = once(async () => built(await place.build(BY.native, options('native', place.seed))))

  for (const stage of STAGES)
    test(`kill -9 in ${stage} leaves nothing`, async () => {
      const run = await place.build(BY.catalyst, options('catalyst', place.seed), {
        killAt: (event) => event.type === 'package-merged' && event.stage === stage,
      })
      assert.equal(run.signal, 'SIGKILL', run.stderr)
      await assertNothingLeft(place.folder)
    })

  test('the same version goes on to the SDK', async () => {
    await byCatalyst()
    for (const stage of STAGES) {
      const { inputs, elf } = place.record(BY.catalyst, stage)
      assert.equal(inputs.runner, 'catalyst')
      assert.match(inputs.tools.catalyst ?? '', /^4\./)
      assert.ok(elf !== undefined && elf.checked > 0)
    }
  })

  test('verify finds nothing wrong', async () => {
    await byCatalyst()
    const run = await place.build(BY.catalyst, ['verify'])
    assert.equal(run.exitCode, 0, run.stdout)
  })

  test('the native runner makes the same packages of the same seed', async () => {
    await byCatalyst()
    await byNative()
    for (const stage of STAGES)
      assert.deepEqual(packages(BY.native, stage), packages(BY.catalyst, stage), stage)
  })

  for (const [runner, other] of [
    ['native', 'catalyst'],
    ['catalyst', 'native'],
  ] as const)
    test(`what ${other} made is a seed for ${runner}`, async () => {
      await byCatalyst()
      await byNative()
      const seed = place.archive(BY[other], 'stage4')
      built(await place.build(`${BY[runner]}2`, [...options(runner, seed), 'stage1']))
      assert.deepEqual(packages(`${BY[runner]}2`, 'stage1'), packages(BY[runner], 'stage1'))
    })

  const packages = (version: string, stage: string): string[] =>
    place
      .record(version, stage)
      .packages.map(({ cpv, repo }) => `${cpv}::${repo}`)
      .sort()
}
