import assert from 'node:assert/strict'
import test from 'node:test'
import { capture } from '../../../src/process/run.js'

test('a program that a signal ends is not waited for by what it has started', {
  timeout: 60_000,
}, async (t) => {
  const end = new AbortController()
  // As a wrapper that does not hand the signal on: its program goes on, with both streams.
  const script = 'echo "$BASHPID"; sleep 600 & echo "$!" >&2; wait'
  const running = capture({ argv: ['bash', '-c', script], signal: end.signal })
  setTimeout(() => end.abort(), 500)
  const { signal, exitCode, stdout, stderr } = await running
  t.after(() => process.kill(Number(stderr)))
  assert.deepEqual([signal, exitCode], ['SIGTERM', null])
  assert.match(stdout, /^\d+\n$/)
  assert.ok(process.kill(Number(stderr), 0), 'what it had started still runs')
})
