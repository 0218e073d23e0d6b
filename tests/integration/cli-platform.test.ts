// A machine that cannot build is left as it is: the real command, told that it runs as root and on another system, and an
// apt-get that writes down that it was called.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Captured, capture } from '../../src/process/run.js'
import { MAIN } from '../helpers/program.js'
import { ground } from './verbs-helpers.js'

/** Runs `verb` where nothing is installed but apt-get; whether that was called, and whether a catalyst root was made. */
async function run(
  t: TestContext,
  verb: string,
  platform: string,
): Promise<Captured & { installs: boolean; makes: boolean }> {
  const { folder, layout, place } = await ground(t)
  const bin = path.join(folder, 'bin')
  const called = path.join(folder, 'called')
  mkdirSync(bin)
  writeFileSync(path.join(bin, 'apt-get'), `#!/bin/sh\n: >${called}\n`, { mode: 0o755 })
  const lie = `Object.defineProperty(process, 'platform', { value: '${platform}' }); process.getuid = () => 0`
  const done = await capture({
    argv: [
      process.execPath,
      '--import',
      `data:text/javascript,${encodeURIComponent(lie)}`,
      MAIN,
      verb,
      ...place,
    ],
    env: { PATH: bin },
    cwd: folder,
  })
  return { ...done, installs: existsSync(called), makes: existsSync(layout.root) }
}

for (const verb of ['build', 'fetch']) {
  test(`${verb} on another system than Linux: exit code 3, and nothing is installed or made`, async (t) => {
    const { exitCode, stderr, installs, makes } = await run(t, verb, 'darwin')
    assert.equal(exitCode, 3, stderr)
    assert.match(stderr, /Linux.* \[SDK_HOST\]/)
    assert.deepEqual([installs, makes], [false, false])
  })
}

test('on Linux the same machine gets what is missing', async (t) => {
  const { exitCode, stderr, installs } = await run(t, 'build', 'linux')
  assert.equal(exitCode, 3, stderr)
  assert.match(stderr, /installing host tools with apt-get: /)
  assert.ok(installs)
})
