// A few of the points at which a command can be killed, or a system call of it fail; all of them are in tests/nightly. The seed
// is the day: what is met in CI today is not what was met yesterday, and SEED repeats it.

import { test } from 'node:test'
import { CrashPlace, sample } from './crash-points.js'
import { needs } from './publish-helpers.js'

test(
  'a command that is hit at any point leaves nothing false, lost or behind',
  needs('strace'),
  async (t) => {
    const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 86_400_000))
    t.diagnostic(`SEED=${seed}`)
    const place = await CrashPlace.make(t)
    const points = await place.points('release')
    // The release had a record, but no archive, after a kill between its last two links.
    const betweenLinks = points
      .filter(({ call, injury }) => call === 'link' && injury === 'SIGKILL')
      .slice(-1)
    for (const point of [...betweenLinks, ...sample(points, 2, seed)]) await place.try(point)
  },
)
