// GitLab's pipelines really run, by a runner that needs no server: ci/gitlab/sdk.yml plans the jobs, and the child pipeline that it
// gives builds the chain, each job on a disk of its own, with the store.
//
// Set-up: npm installs gitlab-ci-local into a folder of its own. It has GitLab's language, and knows no `retry`.

import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { type Captured, capture, must } from '../../src/process/run.js'
import { SKIP } from '../e2e/mini-place.js'
import { assertNothingLeft, PROJECT } from '../e2e/run-command.js'
import { useFleet } from '../helpers/fleet.js'

const JOBS = ['stage1', 'stage2', 'stage3', 'stage4'].map((stage) => `mini-amd64-sdk-${stage}`)

/** Each job has a root of its own, as a machine would; the first call of the second one finds that of another at work. */
const WRAPPER = `
echo "$CI_JOB_NAME" >>"$MACHINES/calls"
if [[ "$CI_JOB_NAME" == *stage2 && ! -e "$MACHINES/locked" ]]; then touch "$MACHINES/locked"; exit 75; fi
[[ $1 == plan ]] && exec "$SDK_OF_TEST" "$@"
exec "$SDK_OF_TEST" "$@" --catalyst_root "$MACHINES/$CI_JOB_NAME"`

describe('GitLab', { skip: SKIP }, () => {
  const fleet = useFleet()
  let change = 'first'
  const machines = (): string => fleet.at(change)

  /** Runs a pipeline of the checkout. */
  const pipeline = (...words: string[]): Promise<Captured> =>
    capture({
      argv: [fleet.at('npm/node_modules/.bin/gitlab-ci-local'), ...words],
      cwd: fleet.checkout,
      env: { ...fleet.env, MACHINES: machines(), BOOTSTRAP_SDK_ROOT: fleet.at('plan') },
    })

  before(async () => {
    await fleet.make(WRAPPER)
    for (const folder of [machines(), fleet.at('npm')]) mkdirSync(folder)
    writeFileSync(fleet.at('npm/package.json'), '{}')
    const install = ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'] as const
    await must({ argv: [...install, 'gitlab-ci-local@4.61.1'], cwd: fleet.at('npm') })
    copyFileSync(path.join(PROJECT, 'ci/gitlab/sdk.yml'), path.join(fleet.checkout, '.gitlab-ci.yml'))
    writeFileSync(path.join(fleet.checkout, '.gitignore'), '.gitlab-ci-local\njobs.yml\n')
    await fleet.commit('a pipeline')
  })

  const calls = (): string[] => readFileSync(path.join(machines(), 'calls'), 'utf8').trim().split('\n')

  /** Packages that were built from source. */
  const built = (): string[] => fleet.built(machines())

  test('the chain of a change; a job that is locked out ends its pipeline, and the next one goes on', async (t) => {
    assert.equal((await pipeline('plan')).exitCode, 0)
    const begin = performance.now()
    const first = await pipeline('--file', 'jobs.yml')
    assert.equal(first.exitCode, 1)
    assert.match(first.stdout + first.stderr, /FAIL\S* 75/)
    const again = await pipeline('--file', 'jobs.yml')
    assert.equal(again.exitCode, 0, again.stdout)
    t.diagnostic(`the first chain: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    assert.deepEqual(calls(), ['plan', ...JOBS.slice(0, 2), ...JOBS])
    const events = fleet
      .events(machines())
      .flatMap(({ event }) => (event.type === 'stage-started' ? [event.stage] : []))
    assert.deepEqual(events.sort(), ['stage1', 'stage2', 'stage3', 'stage4'])
    await assertNothingLeft(fleet.at())
  })

  test('the next change builds only what depends on it, on disks that have nothing', async (t) => {
    await fleet.edit('repos/overlay/dev-mini/late/late-1.ebuild')
    change = 'second'
    mkdirSync(machines())
    writeFileSync(path.join(machines(), 'locked'), '')
    const begin = performance.now()
    assert.equal((await pipeline('plan')).exitCode, 0)
    const chain = await pipeline('--file', 'jobs.yml')
    assert.equal(chain.exitCode, 0, chain.stdout)
    t.diagnostic(`the chain of the second change: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    assert.deepEqual(calls(), ['plan', ...JOBS])
    assert.deepEqual(built(), ['stage3 dev-mini/late-1', 'stage4 dev-mini/sdk-1'])
    const [release] = fleet
      .events(path.join(machines(), JOBS[3] ?? ''))
      .flatMap(({ event }) => (event.type === 'run-finished' ? event.artifacts : []))
      .filter((file) => /mini-sdk-amd64-[^/]*\.tar\.zst$/.test(file))
    assert.ok(release !== undefined && existsSync(release))
    await assertNothingLeft(fleet.at())
  })
})
