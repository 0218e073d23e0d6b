import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { OPTIONS } from '../../src/cli/arguments/options/table.js'
import { VERB_NAMES } from '../../src/cli/arguments/verbs.js'
import { checkEvent } from '../../src/events/check-event.js'
import type { Captured } from '../../src/process/run.js'
import { cli, ground } from './verbs-helpers.js'

/** The one line of a failed command, which is an event. */
function failure({ stdout, stderr, exitCode }: Captured, what: string) {
  const lines = stdout.split('\n')
  assert.deepEqual([lines.length, lines[1]], [2, ''], `${what}: ${stdout}\n${stderr}`)
  const event = checkEvent(JSON.parse(lines[0] ?? ''), what)
  assert.equal(event?.type, 'run-failed', what)
  if (event?.type !== 'run-failed') return assert.fail()
  assert.equal(event.exitCode, exitCode, what)
  // People who read the log of a program that reads the line are told as ever.
  assert.match(stderr, new RegExp(`\\[${event.code}\\]`), what)
  return event
}

test('an option that there is not: one JSON line under --json, for every verb', async () => {
  const ended = await Promise.all(VERB_NAMES.map((verb) => cli([verb, '--nonsense', '--json'])))
  for (const [index, verb] of VERB_NAMES.entries()) {
    const { code, message, hint } = failure(ended[index] as Captured, verb)
    assert.deepEqual([code, message], ['SDK_USAGE', 'unknown option "--nonsense"'], verb)
    assert.match(hint ?? '', /--help` lists all options/, verb)
  }
  const without = await cli(['status', '--nonsense'])
  assert.deepEqual([without.exitCode, without.stdout], [2, ''])
})

test('a definition that cannot be read: one JSON line under --json, for every verb that reads it', async (t) => {
  const { folder, place } = await ground(t)
  writeFileSync(path.join(folder, 'test/sdk.toml'), 'format = 1\nname = "a\\nb"\n')
  for (const verb of OPTIONS.json.verbs.filter((each) => !['compare', 'config', 'store'].includes(each))) {
    const operands =
      { enter: ['sdk'], export: ['sdk', '--oci', path.join(folder, 'x')], why: ['app-misc/x'] }[
        verb as 'enter'
      ] ?? []
    const { code, message } = failure(await cli([verb, ...operands, ...place, '--json']), verb)
    assert.equal(code, 'SDK_DEFINITION', verb)
    assert.match(message, /sdk\.toml/, verb)
  }
})

test('what is told in the object of a verb is not told again', async (t) => {
  const { folder } = await ground(t)
  for (const name of ['a', 'b']) writeFileSync(path.join(folder, 'test', name), name)
  const { stdout, exitCode } = await cli(['compare', path.join(folder, 'test'), folder, '--json'])
  assert.equal(exitCode, 7)
  assert.equal(JSON.parse(stdout).format, 1)
  const none = await cli(['compare', path.join(folder, 'nowhere'), folder, '--json'])
  assert.equal(failure(none, 'compare').exitCode, 2)
})
