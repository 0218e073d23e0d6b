// `plan` says what `build` does, in every situation of the table of which the integration test has the pairs.

import test from 'node:test'
import { saysWhatItDoes } from '../integration/plan-and-build.js'
import { needsRoot } from '../integration/store-helpers.js'

for (const count of [0, 2, 4])
  test(`${count} finished stages: build does what plan says, in every situation`, needsRoot(), (t) =>
    saysWhatItDoes(t, count, 'all'),
  )
