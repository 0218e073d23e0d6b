import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { usageOf } from '../../../../src/sandbox/limits/usage.js'

/** Starts a shell that has said that it is ready; its children are its own. */
async function shell(t: { after(act: () => void): void }, script: string): Promise<number> {
  const child = spawn('bash', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] })
  t.after(() => child.stdin.end())
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

test('processor time of a process, of what it has started in other sessions, and of what has ended', async (t) => {
  const work = 'i=0; while ((i < 100000)); do ((++i)); done'
  const pid = await shell(t, `(${work}) & wait; setsid bash -c '${work}; echo ready; read' <&0`)
  const usage = usageOf(pid)
  assert.ok(usage !== undefined)
  const alone = usageOf(process.pid)
  assert.ok(usage.cpuMs >= 50, `${usage.cpuMs} ms`)
  assert.equal(usage.processes, 2)
  assert.ok((alone?.processes ?? 0) > usage.processes, 'the test itself has those and its own')
})

test('memory is what processes have of their own', async (t) => {
  const small = usageOf(await shell(t, 'echo ready; read'))
  const large = usageOf(await shell(t, 'x=$(head -c 30000000 /dev/zero | tr "\\0" y); echo ready; read'))
  const more = (large?.memoryBytes ?? 0) - (small?.memoryBytes ?? 0)
  assert.ok(more > 25_000_000 && more < 150_000_000, `${more} bytes`)
})

test('a process that is gone uses nothing', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  assert.equal(usageOf(child.pid ?? 0), undefined)
})
