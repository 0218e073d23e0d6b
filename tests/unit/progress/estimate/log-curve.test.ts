import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogSamples, partDone } from '../../../../src/progress/estimate/log-curve.js'

/** A log of 16 s: 100 bytes a second for 4 s, nothing for 8, then 100 bytes a second. */
function standing() {
  const samples = createLogSamples()
  for (let second = 1; second <= 16; second++)
    samples.add(second * 1000, second <= 4 ? second * 100 : Math.max(400, (second - 8) * 100))
  return samples.curve(16_000) ?? assert.fail()
}

test('a log that is as long as it was is as far as it was', () => {
  for (const [bytes, least, most] of [
    [0, 0, 1],
    [150, 1.5, 2],
    [399, 3.99, 4],
    [750, 15.5, 16],
    [800, 16, 16],
    [5000, 16, 16],
  ] as const)
    assert.deepEqual(
      partDone(standing(), bytes).map((part) => part * 16),
      [least, most],
    )
})

test('while it stands still it is somewhere in that time', () => {
  assert.deepEqual(
    partDone(standing(), 400).map((part) => part * 16),
    [4, 13],
  )
})

test('what is over soon, or was seen twice, has none; of hours little is kept, and no more of a curve', () => {
  const soon = createLogSamples()
  for (let ms = 500; ms <= 3000; ms += 500) soon.add(ms, ms)
  assert.equal(soon.curve(3000), undefined)
  const seen = createLogSamples()
  seen.add(5000, 10)
  assert.equal(seen.curve(60_000), undefined)
  const hours = createLogSamples()
  for (let second = 1; second <= 7200; second++) hours.add(second * 1000, second)
  const curve = hours.curve(7_200_000) ?? []
  assert.equal(curve.length, 17)
  assert.ok(
    curve.every((bytes, part) => Math.abs(bytes - part * 450) <= 64),
    curve.join(' '),
  )
})
