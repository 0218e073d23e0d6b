// Programs that only a few nightly tests need, from Debian packages of their names.

import assert from 'node:assert/strict'
import { execute } from '../integration/launcher-project.js'

/** Installs `programs` with apt where they are missing. */
export async function provide(...programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    if ((await execute(['sh', '-c', 'command -v "$1"', 'sh', program])).exitCode === 0) continue
    const noninteractive = { DEBIAN_FRONTEND: 'noninteractive' }
    const apt: [string, ...string[]] = ['apt-get', 'install', '--yes', '--no-install-recommends', program]
    const { exitCode, stderr } = await execute(apt, noninteractive)
    assert.equal(exitCode, 0, stderr)
  }
}
