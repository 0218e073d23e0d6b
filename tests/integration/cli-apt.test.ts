// apt-get while another program holds its locks, as unattended-upgrades does on a machine that has just started.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import test, { type TestContext } from 'node:test'
import { runApt } from '../../src/cli/host/apt.js'
import { start } from '../../src/process/run.js'
import { needsRoot } from './store-helpers.js'

/** apt's locks are record locks (fcntl(2)); flock(1) makes others. Held until the test ends, or `release` is called. */
async function holdLock(t: TestContext, file: string): Promise<{ pid: number; release(): void }> {
  const program =
    'import fcntl,sys; f=open(sys.argv[1],"w"); fcntl.lockf(f,fcntl.LOCK_EX); print("held",flush=True); sys.stdin.read()'
  const child = start({ argv: ['python3', '-c', program, file], stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill())
  assert.ok(child.stdout !== null && child.pid !== undefined)
  await once(child.stdout, 'data')
  return { pid: child.pid, release: () => child.stdin?.end() }
}

const LOCKS = [
  ['/var/lib/dpkg/lock-frontend', ['install', '--yes', '--no-remove', 'tar']],
  ['/var/lib/apt/lists/lock', ['update']],
] as const

for (const [file, words] of LOCKS)
  test(`${file} is held: that is said once, and waited for up to a limit`, needsRoot(), async (t) => {
    const said: string[] = []
    const { pid } = await holdLock(t, file)
    const holder = `python3 (${pid}), which holds apt's lock ${file}`
    await assert.rejects(runApt(words, { say: (text) => said.push(text), limitMs: 1 }), {
      code: 'SDK_HOST',
      message: `waited 0 s for ${holder}`,
    })
    assert.deepEqual(said, [`waiting for ${holder} (at most 1 min)`])
  })

test('apt-get goes on when the lock is free', needsRoot(), async (t) => {
  const [file, words] = LOCKS[0]
  const { release } = await holdLock(t, file)
  const said: string[] = []
  const say = (text: string): void => {
    said.push(text)
    release()
  }
  await runApt(words, { say })
  assert.equal(said.length, 1)
})

test('a wait for the lock ends with the run', needsRoot(), async (t) => {
  const [file, words] = LOCKS[0]
  await holdLock(t, file)
  const controller = new AbortController()
  const interrupted = new Error('interrupted')
  await assert.rejects(
    runApt(words, { say: () => controller.abort(interrupted), signal: controller.signal }),
    (error: Error) => error === interrupted || error.cause === interrupted,
  )
})

test('another failure of apt-get is told in its own words', needsRoot(), async () => {
  const words = ['install', '--yes', 'a-package-that-nobody-has']
  await assert.rejects(
    runApt(words, { say: assert.fail }),
    /Unable to locate package a-package-that-nobody-has/,
  )
})
