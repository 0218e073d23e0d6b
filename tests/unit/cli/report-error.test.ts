import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain } from '../../../src/cli/report-error.js'
import { SdkError } from '../../../src/errors.js'

const HOSTILE = 'a\x1b]0;owned\x07b\x9b31mc'

test('nothing that a terminal obeys is in the words of an error: not with its stack, and not of a fault of ours', () => {
  const known = new SdkError('SDK_REPO', `${HOSTILE}: no repo`, { hint: HOSTILE })
  const texts = [
    explain(known, { debug: false }),
    explain(known, { debug: true }),
    explain(new Error(HOSTILE), { debug: false }),
    explain(HOSTILE, { debug: false }),
  ]
  for (const text of texts) {
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
    assert.match(text, /abc/)
  }
  assert.match(texts[1] ?? '', /\n {4}at /)
})
