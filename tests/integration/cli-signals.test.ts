// Signals that the caller ignores, by nohup for instance, end neither a run nor what it has started.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import { setHostEnvironment, toolEnvironment } from '../../src/process/environment.js'
import { must } from '../../src/process/run.js'
import { MAIN } from '../helpers/program.js'
import { machine, VERSION } from './seed-helpers.js'
import { needsRoot } from './store-helpers.js'

for (const [signal, exitCode, ignored] of [
  ['SIGHUP', 129, 'SIGINT'],
  ['SIGHUP', 4, 'SIGHUP'],
  ['SIGINT', 4, 'SIGHUP SIGINT'],
  ['SIGTERM', 4, 'SIGTERM'],
] as const)
  test(
    `${signal} during a download, ${ignored} ignored: the run ends with ${exitCode}`,
    needsRoot(),
    async (t) => {
      let asked = (): void => {}
      const question = new Promise<void>((resolve) => {
        asked = resolve
      })
      let answer = (): void => {}
      const server = createServer((_, response) => {
        asked()
        answer = () => response.writeHead(404).end()
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(() => server.close())
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const { place } = await machine(t, {
        urls: [url],
        versionFile: `FLATCAR_VERSION_ID=2.0.0\nFLATCAR_SDK_VERSION=${VERSION}\n`,
      })
      const env = toolEnvironment({ BOOTSTRAP_SDK_IGNORED_SIGNALS: ignored })
      const child = spawn(process.execPath, [MAIN, 'stage1', '--no_host_setup', ...place], {
        env,
        stdio: 'ignore',
      })
      await question
      const end = once(child, 'exit')
      child.kill(signal)
      // It is handled before the answer is: the kernel delivers it at once, and Node looks at signals in each turn.
      setTimeout(() => {
        server.removeAllListeners('request').on('request', (_, response) => response.writeHead(404).end())
        answer()
      }, 200)
      assert.deepEqual(await end, [exitCode, null])
    },
  )

test('what a run starts ignores them too, but SIGTERM, by which it is ended', async (t) => {
  const host = { path: '/usr/bin:/bin', packageClients: {} }
  t.after(() => setHostEnvironment({ ...host, ignoredSignals: [] }))
  setHostEnvironment({ ...host, ignoredSignals: ['SIGHUP', 'SIGINT', 'SIGTERM'] })
  const status = await must({ argv: ['grep', 'SigIgn', '/proc/self/status'] })
  const [hup, int, term] = [1n, 2n, 15n].map((n) => (BigInt(`0x${status.split(/\s+/)[1]}`) >> (n - 1n)) & 1n)
  assert.deepEqual([hup, int, term], [1n, 1n, 0n])
})
