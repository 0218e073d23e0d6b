import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asksForJson } from '../../../../src/cli/arguments/asks-for-json.js'

test('whether a command line asks for JSON, right or wrong otherwise', () => {
  for (const [line, expected] of [
    ['', false],
    ['--json', true],
    ['status --json', true],
    ['--js', true],
    ['--nonsense --json', true],
    ['--s --json', true],
    ['--json --nojson', false],
    ['--json --no-json', false],
    ['--no_json --json', true],
    ['--version=--json', false],
    ['-f --json', true],
    ['-f x --json', true],
    ['--sdk x --json', true],
    // A value that is missing: the option after it counts.
    ['--sdk --json', true],
    ['enter sdk -- tool --json', false],
    ['enter sdk --json -- tool', true],
    ['jobs json', false],
  ] as const)
    assert.equal(asksForJson(line.split(' ')), expected, line)
})
