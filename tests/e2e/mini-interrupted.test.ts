// Builds of the miniature SDK that end early: by a signal, by kill -9 while archiving, by a full disk. Nothing is left of them
// but what the next start uses; tests/nightly/mini-killed kills in each stage. Needs root and pip's index.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { accountWords, failedAccounts, PLANTING } from '../helpers/accounts.js'
import { miniPlace, only, SKIP } from './mini-place.js'
import { afterPackages } from './run-command.js'

const VERSION = '1.0.0+2026-01-01-0000'

describe('the miniature SDK, interrupted', { skip: SKIP }, () => {
  const place = miniPlace()
  const seed = (): string[] => ['--seed_tarball', place.seed]

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    test(`${signal} in the middle of a stage: its exit code, and no process, mount or archive is left`, async () => {
      const told = path.join(place.folder, `told-${signal}`)
      const run = await place.build(VERSION, [...seed(), ...accountWords(told)], {
        killAt: afterPackages('stage1', 1),
        signal,
        before: PLANTING,
      })
      assert.equal(run.exitCode, exitCode, run.stderr)
      const { failure, junit, bundle } = failedAccounts(told)
      assert.deepEqual([failure.code, failure.exitCode], [signal, exitCode])
      assert.match(junit, new RegExp(`<error message="interrupted by ${signal}" type="${signal}">`))
      assert.ok(bundle.has('journal.jsonl') && bundle.has('stage1/run.log'))
      await place.assertIntact()
      assert.deepEqual(readdirSync(place.builds), [])
      place.plantSentinels()
    })

  test('kill -9 while archiving: no file at a final name, no latest link', async () => {
    const run = await place.build(VERSION, seed(), {
      killAt: async (event) => {
        if (event.type !== 'step-started' || event.step !== 'archive') return false
        while (!readdirSync(place.builds).some((name) => statSync(path.join(place.builds, name)).size > 0))
          await new Promise((resolve) => setTimeout(resolve, 2))
        return true
      },
    })
    assert.equal(run.signal, 'SIGKILL', run.stderr)
    await place.assertIntact()
    assert.ok(
      existsSync(path.join(place.root, `work/mini-sdk/stage1-amd64-${VERSION}`)),
      'the attempt, for the next start',
    )
    const left = readdirSync(place.builds)
    assert.ok(left.length > 0, 'it was killed before it wrote anything')
    assert.deepEqual(
      left.filter((name) => !name.startsWith('.')),
      [],
    )
  })

  test('a disk that is full while archiving: exit code 6, the cause, and nothing counts as finished', async () => {
    mkdirSync(place.builds, { recursive: true })
    // A small disk at `builds`, in a mount namespace of this run alone.
    const script =
      'mount -t tmpfs -o size=6m,mode=755 small "$0" && { code=0; "$@" || code=$?; ls -A "$0" >&2; exit "$code"; }'
    const told = path.join(place.folder, 'told-full')
    const run = await place.build(VERSION, [...seed(), ...accountWords(told)], {
      before: [...PLANTING, 'unshare', '--mount', 'bash', '-c', script, place.builds],
    })
    assert.equal(run.exitCode, 6, run.stderr)
    assert.equal(only(run, 'run-failed').code, 'SDK_SPACE')
    assert.match(only(run, 'run-failed').message, /stage1-amd64.*no space/)
    assert.equal(only(run, 'stage-failed').step, 'archive')
    const { failure, junit } = failedAccounts(told)
    assert.deepEqual([failure.code, failure.exitCode], ['SDK_SPACE', 6])
    assert.match(junit, /<failure message="stage1 failed in step archive, [^>]*type="SDK_SPACE">/)
    assert.doesNotMatch(run.stderr, /^stage1-amd64.*\.(?:zst|json|DIGESTS|gz)$/m)
    await place.assertIntact()
  })
})
