import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import { checkEvent } from '../../../src/events/check-event.js'
import { EVENT_SCHEMA } from '../../../src/events/event.js'
import { EVENT_TYPES, FACT_SCHEMAS } from '../../../src/events/schema.js'
import { words } from '../../../src/events/words.js'
import { at, ONE_OF_EACH } from '../../helpers/events.js'

const docs = fs.readFileSync('docs/events.md', 'utf8')

/** Field rows below the heading of an event: name and whether it is optional. */
function documented(type: string): [string, boolean][] {
  const section = docs.split(/^##+ /m).find((text) => text.startsWith(`\`${type}\`\n`)) ?? ''
  return [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = '', kind = '']) => [
    name,
    kind.includes('optional'),
  ])
}

test('docs/events.md is about this version of the schema', () => {
  assert.match(docs, new RegExp(`schema \\*\\*version ${EVENT_SCHEMA}\\*\\*`))
})

for (const type of EVENT_TYPES) {
  test(`docs/events.md lists the fields of ${type}, in the order of the schema`, () => {
    const fields = Object.entries<{ type: string }>(FACT_SCHEMAS[type].entries)
    assert.deepEqual(
      documented(type),
      fields.map(([name, schema]) => [name, schema.type === 'optional']),
    )
  })

  test(`${type} fits its schema and has words`, () => {
    const event = at(0, ONE_OF_EACH[type])
    assert.equal(checkEvent(event, 'here'), event)
    assert.match(words(event), /\w/)
  })
}

test('docs/events.md lists no event that does not exist', () => {
  const headings = [...docs.matchAll(/^### `([^`]+)`$/gm)].map(([, type]) => type)
  assert.deepEqual(headings.toSorted(), [...EVENT_TYPES].sort())
})
