// Every point at which a small real command can be killed, or a system call of it fail; crash-points in tests/integration has a
// few of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrashPlace } from '../integration/crash-points.js'
import { needs } from '../integration/publish-helpers.js'

for (const operation of ['release', 'verify', 'clean'] as const)
  test(`${operation}: whatever it is hit by, nothing is false, lost or left`, needs('strace'), async (t) => {
    const place = await CrashPlace.make(t)
    const points = await place.points(operation)
    const failures: string[] = []
    for (const point of points) await place.try(point).catch((error: Error) => failures.push(error.message))
    t.diagnostic(`${points.length} points: ${JSON.stringify(Object.fromEntries(place.outcomes))}`)
    assert.deepEqual(failures, [])
  })
