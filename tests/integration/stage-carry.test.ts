// Which packages a stage carries, as its script decides by the globs of the definition.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { CARRY_CASES } from '../helpers/carry-cases.js'

const LIBRARY = path.resolve(import.meta.dirname, '../../../stages/lib/carry.sh')

const isCarried = (cp: string, globs: readonly string[]): boolean => {
  const script = 'source "$1"; shift; is_carried "$@"'
  const { status, stderr } = spawnSync('bash', ['--norc', '-euc', script, 'bash', LIBRARY, cp, ...globs])
  assert.equal(stderr.toString(), '')
  return status === 0
}

test('the last glob that matches decides', () => {
  for (const [globs, cp, carried] of CARRY_CASES) {
    assert.equal(isCarried(cp, globs), carried, `${globs.join(' ')} on ${cp}`)
  }
})
