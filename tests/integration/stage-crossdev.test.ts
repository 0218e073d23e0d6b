// What stage 4 finds out about toolchains that crossdev has made: the newest of each, and the targets of Rust.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { stagesFolder } from '../../src/stage/run/input.js'
import { tinyRoot } from '../helpers/tiny-root.js'
import { privileged } from './sandbox-helpers.js'
import { temporary } from './store-helpers.js'

/** Runs shell code in `root` by chroot, with the functions of crossdev.sh. */
function call(root: string, code: string): { status: number | null; stdout: string } {
  const functions = `set -eu; source /crossdev.sh; ${code}`
  return spawnSync('chroot', [root, '/bin/bash', '-c', functions], {
    encoding: 'utf8',
    env: { PATH: '/bin:/usr/sbin:/usr/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

test('the newest profile of a target is chosen by version, not by letter', privileged, async (t) => {
  const root = await temporary(t)
  tinyRoot(root, ['cp', 'find', 'sort', 'tail'])
  spawnSync('cp', [path.join(stagesFolder(), 'lib/crossdev.sh'), path.join(root, 'crossdev.sh')])
  mkdirSync(path.join(root, 'etc/env.d/gcc'), { recursive: true })
  for (const name of [
    'aarch64-x-linux-gnu-9',
    'aarch64-x-linux-gnu-14',
    'x86_64-pc-linux-gnu-15',
    'config-x',
  ])
    writeFileSync(path.join(root, 'etc/env.d/gcc', name), '')
  const { stdout } = call(root, 'newest_profile /etc/env.d/gcc aarch64-x-linux-gnu')
  assert.equal(stdout, 'aarch64-x-linux-gnu-14\n')
})

test('the standard library of Rust is looked for by CPU, in old and new places', privileged, async (t) => {
  const root = await temporary(t)
  tinyRoot(root, ['cp'])
  spawnSync('cp', [path.join(stagesFolder(), 'lib/crossdev.sh'), path.join(root, 'crossdev.sh')])
  const has = (chost: string): boolean => call(root, `has_rust_target ${chost}`).status === 0
  assert.equal(has('aarch64-cros-linux-gnu'), false)
  mkdirSync(path.join(root, 'usr/lib/rustlib/aarch64-unknown-linux-gnu'), { recursive: true })
  assert.equal(has('aarch64-cros-linux-gnu'), true)
  assert.equal(has('x86_64-cros-linux-gnu'), false)
  mkdirSync(path.join(root, 'usr/lib/rust/1.80/rustlib'), { recursive: true })
  mkdirSync(path.join(root, 'usr/lib/rust/1.80/lib/rustlib/x86_64-unknown-linux-gnu'), { recursive: true })
  assert.equal(has('x86_64-cros-linux-gnu'), true)
})
