// Changed archives in many rounds, each night from another start.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fuzz } from '../helpers/archive-fuzz/fuzz.js'
import { fuzzStreams } from '../helpers/archive-fuzz/streams.js'
import { fuzzParsers } from '../helpers/parser-fuzz.js'
import { workDirectory } from '../integration/archive-helpers.js'
import { compareChanged } from '../integration/listing-fuzz.js'

const START = Number(process.env.ARCHIVE_FUZZ_START ?? Math.floor(Date.now() / 1000))
const ROUNDS = Number(process.env.ARCHIVE_FUZZ_ROUNDS ?? 100_000)

test(`GNU tar never sees other members than we do, in 30 000 changed archives from ${START} on`, async (t) => {
  compareChanged(join(await workDirectory(t), 'a.tar'), 30_000, START)
})

test(`tar unpacks what was audited, in ${ROUNDS} archives from ${START} on`, async (t) => {
  const work = join(await workDirectory(t), 'fuzz')
  await mkdir(work)
  const begin = performance.now()
  const counts = fuzz(work, { start: START, rounds: ROUNDS })
  const seconds = (performance.now() - begin) / 1000
  t.diagnostic(`${JSON.stringify(counts)}, ${Math.round(ROUNDS / seconds)} rounds a second`)
})

test(`damaged compressed data is refused or right, in 5000 files from ${START} on`, async (t) => {
  const refused = await fuzzStreams(join(await workDirectory(t), 'a'), { start: START, rounds: 5000 })
  t.diagnostic(`${refused} refused`)
})

test(`whatever else is read is taken or refused in words, 2000 changes of each from ${START} on`, async (t) => {
  const fuzzed = await fuzzParsers(join(await workDirectory(t), 'read'), { start: START, rounds: 2000 })
  t.diagnostic(JSON.stringify(fuzzed))
})
