import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { shellWords } from '../../../src/process/shell-words.js'

test('words come out of a shell as they went in', () => {
  const words = [
    'plain',
    'two words',
    "it's",
    '$HOME',
    '`x`',
    '',
    '"',
    'a\\b',
    '*',
    '--x=/a b',
    'line\nbreak',
    '~',
    '#',
  ]
  const line = `printf '%s\\0' ${shellWords(words)}`
  assert.deepEqual(execFileSync('sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1), words)
  assert.equal(shellWords(['sudo', './bootstrap_sdk', '--sdk', '/a/b']), 'sudo ./bootstrap_sdk --sdk /a/b')
})
