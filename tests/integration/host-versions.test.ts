// What a record says of the machine that a stage was built on.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import test from 'node:test'
import { toolVersions } from '../../src/stage/finish/tools.js'

test('a record has the release of the kernel, and the versions of the tools that are there', () => {
  const { kernel, node, tar } = toolVersions()
  assert.equal(kernel, execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim())
  assert.equal(node, process.version)
  assert.match(tar ?? '', /^tar \(GNU tar\) \d/)
})
