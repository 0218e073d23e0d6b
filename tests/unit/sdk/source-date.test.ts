// The time of the sources, and a clock that is behind it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireLater } from '../../../src/sdk/source-date.js'

test('a clock that is behind the time of the sources is refused, with both days', () => {
  const at = (text: string): number => Date.parse(text)
  requireLater({}, at('2026-11-30T12:00:00Z'))
  requireLater({ sourceDate: '2026-11-30' }, at('2026-11-30T00:00:00Z'))
  for (const [sourceDate, now] of [
    [undefined, '1970-01-01T00:10:00Z'],
    ['2026-11-30', '2026-11-29T23:59:59Z'],
  ] as const)
    assert.throws(() => requireLater(sourceDate === undefined ? {} : { sourceDate }, at(now)), {
      code: 'SDK_HOST',
      message: new RegExp(`says ${now.slice(0, 10)}: expected .* ${sourceDate ?? '2000-01-01'},`),
    })
})
