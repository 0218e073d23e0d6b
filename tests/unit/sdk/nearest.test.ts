import assert from 'node:assert/strict'
import test from 'node:test'
import { didYouMean, editDistance, nearest } from '../../../src/sdk/nearest.js'

test('edits are counted, a swap as one', () => {
  for (const [a, b, edits] of [
    ['plan', 'plan', 0],
    ['paln', 'plan', 1],
    ['pln', 'plan', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
  ] as const) {
    assert.equal(editDistance(a, b), edits, `${a} ${b}`)
  }
})

test('the nearest words', () => {
  const known = ['name', 'type', 'version_id', 'version_file', 'rm']
  for (const [word, expected] of [
    ['nmae', ['name']],
    ['NAME', ['name']],
    ['version-id', ['version_id']],
    ['version', ['version_id', 'version_file']],
    ['ty', ['type']],
    ['t', []],
    ['xy', []],
    ['rmm', ['rm']],
    ['compression', []],
  ] as const) {
    assert.deepEqual(nearest(word, known), [...expected], word)
  }
})

test('the question names all that are equally near, but never many', () => {
  assert.equal(didYouMean('stge1', ['stage1', 'stage2']), '; did you mean "stage1"?')
  assert.equal(didYouMean('stage5', ['stage1', 'stage2', 'plan']), '; did you mean "stage1" or "stage2"?')
  assert.equal(didYouMean('aa', ['a1', 'a2', 'a3', 'a4', 'a5', 'a6']), '')
  assert.equal(didYouMean('x', []), '')
  // A key of megabytes, as a damaged file may have one.
  assert.equal(didYouMean('a'.repeat(3_000_000), ['stage1', 'stage2']), '')
})
