// Which versions `clean` lets go: by number, by age, by size.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { going, hasLimits, type Retention } from '../../../src/inspect/old-versions.js'

const DAY = 86_400_000
/** Newest first, a day between each two, of 10 bytes each. */
const ALL = Array.from({ length: 5 }, (_, index) => ({
  newest: new Date((10 - index) * DAY).toISOString(),
  bytes: 10,
}))

const CASES: readonly (readonly [limits: Retention, going: readonly number[]])[] = [
  [{ keep: 3 }, [3, 4]],
  [{ keep: 9 }, []],
  [{ since: 8 * DAY }, [3, 4]],
  [{ since: 20 * DAY }, [1, 2, 3, 4]],
  [{ keep: 4, since: 20 * DAY }, [4]],
  [{ mostBytes: 30 }, [3, 4]],
  [{ mostBytes: 29 }, [2, 3, 4]],
  [{ mostBytes: 0 }, [1, 2, 3, 4]],
  [{ keep: 2, mostBytes: 0 }, [2, 3, 4]],
  [{ since: 8 * DAY, mostBytes: 20 }, [2, 3, 4]],
]

test('versions go that are too many, too old, or more than there is room for; the newest never does', () => {
  for (const [limits, expected] of CASES) {
    assert.equal(hasLimits(limits), true)
    assert.deepEqual(going(ALL, limits), expected, JSON.stringify(limits))
  }
  assert.equal(hasLimits({}), false)
})

test('what was worked upon after a young one is young, though its clock said otherwise', () => {
  const [young, , old] = ALL
  assert.ok(young !== undefined && old !== undefined)
  const behind = { newest: new Date(0).toISOString(), bytes: 10 }
  assert.deepEqual(going([behind, behind, young, behind, old], { since: 9 * DAY }), [3, 4])
})

test('a version of which no time is known is old, however young it is', () => {
  const unknown = [...ALL.slice(0, 1), { newest: '', bytes: 10 }]
  assert.deepEqual(going(unknown, { since: 1 }), [1])
})
