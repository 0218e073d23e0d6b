// The published JSON Schemas are those that this program checks by, and fit what it really reads and writes.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'smol-toml'
import { jsonSchemas } from '../../src/cli/texts/json-schemas.js'
import { at, ONE_OF_EACH } from '../helpers/events.js'
import { finishStage, ground, smallTree } from './verbs-helpers.js'

const schema = (name: string): object =>
  JSON.parse(readFileSync(`schemas/${name}.schema.json`, 'utf8')) as object

const ajv = new Ajv({ strict: false, allErrors: true })
const checks = new Map(['sdk', 'fleet', 'record', 'event'].map((name) => [name, ajv.compile(schema(name))]))

/** What is wrong with a value, in words; empty where nothing is. */
function problems(name: string, value: unknown): string {
  const check = checks.get(name)
  assert.ok(check !== undefined)
  return check(value) ? '' : ajv.errorsText(check.errors)
}

test('the files in schemas/ are of this program (npm run docs)', () => {
  const made = jsonSchemas()
  assert.deepEqual(readdirSync('schemas').sort(), Object.keys(made).sort())
  for (const [name, json] of Object.entries(made))
    assert.equal(readFileSync(`schemas/${name}`, 'utf8'), `${JSON.stringify(json, null, 2)}\n`, name)
})

test('sdk.toml: every definition fits, and names the schema for editors; what is wrong is found', () => {
  for (const name of readdirSync('sdks')) {
    const text = readFileSync(path.join('sdks', name, 'sdk.toml'), 'utf8')
    assert.equal(problems('sdk', parse(text)), '', name)
    const [, file = ''] = /^#:schema (.*)\n/.exec(text) ?? []
    assert.equal(path.join('sdks', name, file), 'schemas/sdk.schema.json')
  }
  assert.equal(problems('sdk', parse(readFileSync('tests/fixtures/mini-sdk/sdk.toml', 'utf8'))), '')
  assert.match(problems('sdk', { name: 'x', stage4: { packages: 'one' } }), /packages must be array/)
  assert.match(problems('sdk', { name: 'x', stage9: {} }), /additional properties/)
  assert.match(problems('sdk', { name: 'x', arch: 'vax' }), /arch/)
  assert.match(problems('sdk', { name: 'x', more_repos: [{ name: 'y' }] }), /required property 'path'/)
})

test('fleet.toml: the example fits, what is wrong is found', () => {
  assert.equal(problems('fleet', parse(readFileSync('ci/fleet.toml', 'utf8'))), '')
  assert.match(problems('fleet', { format: 1, builds: [{ sdk: 'x', core: 1 }] }), /additional properties/)
  assert.match(problems('fleet', { format: 1, builds: [{}] }), /required property 'sdk'/)
})

test('a record that was written fits, and one that lacks something does not', async (t) => {
  const { folder, layout } = await ground(t)
  const { record } = await finishStage(layout, 'stage1', { tree: smallTree(path.join(folder, 't'), 'one') })
  assert.equal(problems('record', JSON.parse(JSON.stringify(record))), '')
  const { output: _, ...rest } = record
  assert.match(problems('record', rest), /required property 'output'/)
})

test('an event of each type fits, and with a field of another type it does not', () => {
  for (const fact of Object.values(ONE_OF_EACH)) {
    const event = JSON.parse(JSON.stringify(at(0, fact))) as Record<string, unknown>
    assert.equal(problems('event', event), '', fact.type)
    assert.notEqual(problems('event', { ...event, time: 1 }), '')
    assert.notEqual(problems('event', { ...event, type: 'no-such' }), '')
  }
})
