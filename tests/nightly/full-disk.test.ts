// A disk that gets full, in blocks or inodes, at 56 points of the miniature SDK's bootstrap; mini-interrupted has some of them.
// Needs root and pip's index.

import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { archivesIn, pointsOf, throughPoints } from '../e2e/full-disk-points.js'
import { miniPlace, SKIP } from '../e2e/mini-place.js'

const VERSION = '1.0.0+2026-01-01-0000'

describe('a disk that gets full', { skip: SKIP }, () => {
  const place = miniPlace()

  test('at each point: exit code 6 in words, and the same version goes on to the same bytes', async () => {
    const words = ['--seed_tarball', place.seed]
    const run = await place.build(VERSION, words)
    assert.equal(run.exitCode, 0, run.stderr)
    assert.equal(archivesIn(place.builds).length, 5)
    const undisturbed = `${place.root}-undisturbed`
    const plain = path.join(undisturbed, path.relative(place.root, place.builds))
    renameSync(place.root, undisturbed)
    const points = ['stage1', 'stage2', 'stage3', 'stage4'].flatMap(pointsOf)
    try {
      await throughPoints(place, points, { version: VERSION, words, plain })
    } finally {
      renameSync(undisturbed, place.root)
    }
  })
})
