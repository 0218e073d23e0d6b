import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainSandboxFailure, findSandboxFailure } from '../../../src/sandbox/failure.js'

const failed = { exitCode: 125, signal: null }

test('the last line of the sandbox names code and reason', () => {
  const error = findSandboxFailure(failed, 'noise\nsandbox: SDK_SEED: /proc is a symbolic link\n')
  assert.equal(error?.code, 'SDK_SEED')
  assert.equal(error?.message, 'the sandbox could not be made: /proc is a symbolic link')
  assert.match(error?.hint ?? '', /seed/)
})

test('an exit of the program is no failure of the sandbox', () => {
  assert.equal(findSandboxFailure({ exitCode: 1, signal: null }, 'sandbox: SDK_HOST: x\n'), undefined)
  assert.equal(findSandboxFailure(failed, 'the sandbox: SDK_HOST: x\n'), undefined)
})

test('of a sandbox with a mark only the line that has it counts', () => {
  const said =
    'sandbox ab12: SDK_SEED: /proc is a link\nsandbox: SDK_LOCKED: come again\nsandbox cd34: SDK_USAGE: x\n'
  assert.equal(findSandboxFailure(failed, said, 'ab12')?.code, 'SDK_SEED')
  assert.equal(findSandboxFailure(failed, said.replace(/^.*\n/, ''), 'ab12'), undefined)
})

test('an unknown code or no word at all is internal', () => {
  assert.equal(findSandboxFailure(failed, 'sandbox: SDK_OTHER: x')?.code, 'SDK_INTERNAL')
  const error = explainSandboxFailure({ exitCode: null, signal: 'SIGKILL' }, 'a\nb\nc\nd\n')
  assert.equal(error.code, 'SDK_INTERNAL')
  assert.equal(error.message, 'the sandbox was killed by SIGKILL: b; c; d')
})

test('a disk that gives errors is to blame, not the line of the script that met one', () => {
  const said =
    "sandbox: SDK_INTERNAL: assemble.sh failed at line 225: ln: failed to create symbolic link '0': Input/output error"
  const error = findSandboxFailure(failed, said)
  assert.equal(error?.code, 'SDK_HOST')
})

test('a program that was killed in the making of a sandbox is no bug', () => {
  const said = 'sandbox: SDK_HOST: a program was killed that assemble.sh had started at line 225'
  const error = findSandboxFailure(failed, said)
  assert.equal(error?.code, 'SDK_HOST')
  assert.match(error?.hint ?? '', /memory/)
})
