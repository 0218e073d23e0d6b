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

test('of what floods us both ends are kept, and how much is not', async () => {
  const begin = 'first\n'
  const middle = 'x'.repeat(3 * 2 ** 20)
  const script = 'printf "first\\n" >&2; printf "%3145728s" "" | tr " " x >&2; echo "the cause" >&2; exit 1'
  const { exitCode, stderr } = await capture({ argv: ['bash', '-c', script] })
  const [head = '', note = '', tail = ''] = stderr.split(/\n(\[\d+ bytes are left out\])\n/)
  const left = begin.length + middle.length + 'the cause\n'.length - 2 ** 20
  assert.deepEqual(
    [exitCode, note, head.length, tail.length],
    [1, `[${left} bytes are left out]`, 2 ** 19, 2 ** 19],
  )
  assert.deepEqual([head.slice(0, 8), tail.slice(-12)], ['first\nxx', 'xxthe cause\n'.slice(-12)])
})

test('what fits is whole, in however small pieces it comes', async () => {
  const script = 'for i in {1..300}; do printf %s "$i " >&2; done; echo out'
  const { stdout, stderr } = await capture({ argv: ['bash', '-c', script] })
  assert.equal(stderr, Array.from({ length: 300 }, (_, index) => `${index + 1} `).join(''))
  assert.equal(stdout, 'out\n')
})
