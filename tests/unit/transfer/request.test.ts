import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizationOf } from '../../../src/transfer/request.js'

test('credentials of a URL become a header, whatever characters they have', () => {
  assert.deepEqual(authorizationOf('https://example.org/a'), {})
  const cases: [string, string][] = [
    ['user:secret', 'user:secret'],
    ['user', 'user:'],
    ['us%40er:p%C3%A4ss%25', 'us@er:päss%'],
    ['user:100%', 'user:100%'],
  ]
  for (const [given, login] of cases)
    assert.deepEqual(authorizationOf(`https://${given}@example.org/a`), {
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
    })
})
