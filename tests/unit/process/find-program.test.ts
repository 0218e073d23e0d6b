import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { setHostEnvironment } from '../../../src/process/environment.js'
import { findProgram } from '../../../src/process/find-program.js'

test('a program is found by its absolute path, and one that is not there is not', () => {
  const tar = findProgram('tar') ?? ''
  assert.ok(path.isAbsolute(tar))
  assert.equal(path.basename(tar), 'tar')
  assert.equal(findProgram('no-such-program-here'), undefined)
})

test('folders of the PATH that are not absolute do not count', () => {
  setHostEnvironment({
    path: `.:${path.relative(process.cwd(), '/usr/bin')}:/nowhere`,
    packageClients: {},
    ignoredSignals: [],
  })
  assert.equal(findProgram('env'), undefined)
})
