// A real S3 server on the loopback: moto of PyPI, installed by pip into a folder of its own. Only for nightly tests: it is big.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '../../src/process/run.js'
import { freePort } from '../integration/publish-helpers.js'

/** Starts one that goes with its test and has `bucket`; returns its address. `folder` is where pip installs it. */
export async function startS3(
  t: Pick<TestContext, 'after'>,
  { folder, bucket }: { folder: string; bucket: string },
): Promise<string> {
  const { env } = process as { env: Record<string, string> }
  await must({ argv: ['python3', '-m', 'venv', folder], env })
  const packages = ['moto[s3]==5.2.5', 'flask', 'flask-cors']
  await must({ argv: [path.join(folder, 'bin/pip'), 'install', '--quiet', ...packages], env })
  const port = await freePort()
  const argv = ['-H', '127.0.0.1', '-p', String(port)]
  const server = spawn(path.join(folder, 'bin/moto_server'), argv, { stdio: 'ignore' })
  t.after(async () => {
    server.kill()
    await once(server, 'close')
  })
  const address = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 600; attempt++) {
    const made = await fetch(`${address}/${bucket}`, { method: 'PUT' }).catch(() => undefined)
    if (made?.ok === true) return address
    await sleep(100)
  }
  throw new Error('moto_server does not answer')
}
