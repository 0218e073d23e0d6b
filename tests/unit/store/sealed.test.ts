import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { readSealed, sealed, unsealed } from '../../../src/store/sealed.js'
import { edits } from '../../helpers/edits.js'

const ANY = v.looseObject({ format: v.number() })
const VALUE = { format: 2, of: 'x', list: [1, { deep: null }], none: undefined, empty: {}, é: '\u2028' }

test('what was sealed is read, however it is set out, and nothing that was edited', () => {
  const text = sealed(VALUE)
  const json = JSON.parse(text)
  assert.deepEqual(unsealed(text, ANY), json)
  assert.deepEqual(unsealed(JSON.stringify(json, null, 3), ANY), json)
  const believed = [...edits(json)].filter(
    ({ json: edited }) => unsealed(JSON.stringify(edited), ANY, { since: 2 }) !== undefined,
  )
  assert.deepEqual(believed, [])
  for (const bad of ['', text.slice(0, 20), 'null', '[]', '"x"']) assert.equal(unsealed(bad, ANY), undefined)
  // Sealed again it is another file.
  assert.equal(sealed(json), text)
})

test('a file is of what it was written for', () => {
  const text = sealed(VALUE, { of: 'one' })
  assert.notEqual(unsealed(text, ANY, { of: 'one' }), undefined)
  assert.deepEqual(readSealed(text, ANY, { of: 'two' }), { why: 'seal: it was changed since it was written' })
})

test('files of a format before seals are read without one, and no others', () => {
  for (const [text, isRead] of [
    ['{"format":1}', true],
    ['{"format":2}', false],
    ['{"format":1,"seal":"x"}', false],
  ] as const)
    assert.equal(unsealed(text, ANY, { since: 2 }) !== undefined, isRead, text)
  assert.equal(unsealed('{}', v.looseObject({}), { since: 2 }) !== undefined, true)
})
