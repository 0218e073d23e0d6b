import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { start } from '../../../src/process/run.js'
import { writtenBytes } from '../../../src/process/written-bytes.js'

test('what a program has written so far is known while it runs, and not any more when it is gone', async () => {
  const program = `process.stdout.write(Buffer.alloc(300_000), () => process.stdin.on('end', () => {}).resume())`
  let pid: number | undefined
  const started = (own: number | undefined): void => {
    pid = own
  }
  const child = start({
    argv: [process.execPath, '-e', program],
    stdio: ['pipe', 'pipe', 'inherit'],
    started,
  })
  let read = 0
  for await (const chunk of child.stdout ?? []) {
    read += (chunk as Buffer).length
    if (read === 300_000) break
  }
  assert.equal(pid, child.pid)
  const bytes = writtenBytes(pid) ?? 0
  // What Node itself needs, to wake its threads say, counts too.
  assert.ok(bytes >= 300_000 && bytes < 310_000, String(bytes))
  child.stdin?.end()
  await once(child, 'exit')
  assert.equal(writtenBytes(pid), undefined)
  assert.equal(writtenBytes(undefined), undefined)
})
