import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asksForJson, valueIn, verbIn } from '../../../../src/cli/arguments/lenient.js'

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

test('the verb of a command line, and the last file that it gives an option, right or wrong otherwise', () => {
  for (const [line, verb, file] of [
    ['--junit a.xml', 'build', 'a.xml'],
    ['--nonsense --junit=a.xml', 'build', 'a.xml'],
    ['stage9 --jun a.xml --jobs many', 'build', 'a.xml'],
    ['--junit a.xml --junit b.xml fetch', 'fetch', 'b.xml'],
    ['--junit a.xml --junit=', 'build', undefined],
    ['--junit --json', 'build', undefined],
    ['--junit', 'build', undefined],
    ['--bundle --junit=a.xml', 'build', 'a.xml'],
    ['--version --junit=a.xml plan', 'plan', 'a.xml'],
    ['--sdk plan --junit a.xml', 'build', 'a.xml'],
    ['enter sdk -- --junit a.xml', 'enter', undefined],
  ] as const) {
    assert.equal(verbIn(line.split(' ')), verb, line)
    assert.equal(valueIn(line.split(' '), 'junit'), file, line)
  }
})
