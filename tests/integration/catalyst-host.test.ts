// `--runner catalyst` on machines without a catalyst that it could drive: one clear error, and nothing is made.

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { type Captured, capture } from '../../src/process/run.js'
import { MAIN } from '../helpers/program.js'
import { needsRoot, temporary } from './store-helpers.js'

const SYSTEM = '/usr/sbin:/usr/bin:/sbin:/bin'

/** Builds with `--runner catalyst` and a PATH that begins with `folder`. */
function build(folder: string, root: string): Promise<Captured> {
  const argv = [process.execPath, MAIN, '--runner', 'catalyst', '--catalyst_root', root] as const
  const seed = ['--seed_tarball', path.join(folder, 'seed.tar.gz')]
  return capture({
    argv: [...argv, ...seed],
    env: { PATH: `${folder}:${SYSTEM}`, HOME: '/root', LC_ALL: 'C.UTF-8' },
    cwd: folder,
  })
}

/** A folder with an archive, which is looked at only later, and perhaps a program `catalyst`. */
async function ground(t: TestContext, program?: string): Promise<string> {
  const folder = await temporary(t)
  mkdirSync(path.join(folder, 'tree'))
  const argv = [
    'tar',
    '-C',
    path.join(folder, 'tree'),
    '-czf',
    path.join(folder, 'seed.tar.gz'),
    '.',
  ] as const
  assert.equal((await capture({ argv })).exitCode, 0)
  if (program === undefined) return folder
  writeFileSync(path.join(folder, 'catalyst'), `#!/bin/sh\n${program}\n`)
  chmodSync(path.join(folder, 'catalyst'), 0o755)
  return folder
}

const CASES: readonly [string, string | undefined, RegExp][] = [
  ['no catalyst', undefined, /expected catalyst 4 on the PATH, found none/],
  ['catalyst 3', 'echo Catalyst 3.0.22', /expected catalyst 4, found 3\.0\.22/],
  ['a catalyst that does not start', 'echo "no module named DeComp" >&2; exit 1', /exited with 1: no module/],
  ['a program that is not a catalyst', 'echo hello', /names no version/],
  ['a catalyst without its scripts', 'echo Catalyst 4.1.1', /expected its scripts \(targets\/stage1\) in /],
]
const hasOne = existsSync('/usr/bin/catalyst') || existsSync('/usr/share/catalyst')

for (const [what, program, message] of CASES)
  test(
    `--runner catalyst with ${what}: exit code 3, what to do, and nothing is made`,
    needsRoot(),
    async (t) => {
      if (hasOne && process.env.CI === undefined) return t.skip('this machine has a catalyst of its own')
      const folder = await ground(t, program)
      const root = path.join(folder, 'cr')
      const ended = await build(folder, root)
      assert.equal(ended.exitCode, 3, ended.stderr)
      assert.match(ended.stderr, message)
      assert.match(ended.stderr, /docs\/catalyst-runner\.md/)
      assert.equal(existsSync(root), false)
    },
  )
