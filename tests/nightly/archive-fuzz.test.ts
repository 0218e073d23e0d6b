// Changed archives in many rounds, each night from another start.

import { join } from 'node:path'
import { test } from 'node:test'
import { workDirectory } from '../integration/archive-helpers.js'
import { compareChanged } from '../integration/listing-fuzz.js'

const START = Math.floor(Date.now() / 1000)

test(`GNU tar never sees other members than we do, in 30 000 changed archives from ${START} on`, async (t) => {
  compareChanged(join(await workDirectory(t), 'a.tar'), 30_000, START)
})
