// docs/verbs.md describes each field of the object that a verb writes with --json, in the section of that verb.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ANSWERS } from '../../../src/cli/answers/table.js'
import { OPTIONS } from '../../../src/cli/arguments/options/table.js'

const DOCS = readFileSync('docs/verbs.md', 'utf8')

/** Names of all fields below a JSON Schema. */
function fieldsOf(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(value as object)) found.add(name)
    fieldsOf(value, found)
  }
  return found
}

for (const verb of Object.keys(ANSWERS))
  test(`docs/verbs.md has every field of ${verb} --json`, () => {
    const [, section = ''] = DOCS.split(new RegExp(`^## ${verb}$`, 'm'))
    const [own = ''] = section.split(/^## /m)
    const schema = JSON.parse(readFileSync(`schemas/verb-${verb}.schema.json`, 'utf8')) as unknown
    const missing = [...fieldsOf(schema)].filter((name) => !new RegExp(`["\`]${name}["\`]`).test(own))
    assert.deepEqual(missing, [])
  })

test('each verb that takes --json has an object, or tells events', () => {
  const told = [...Object.keys(ANSWERS), 'build', 'fetch', 'enter']
  assert.deepEqual([...OPTIONS.json.verbs].sort(), told.sort())
})
