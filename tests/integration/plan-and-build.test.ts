// `plan` says what `build` does, in each pair of what is asked, its flags, and what is there.

import test from 'node:test'
import { saysWhatItDoes } from './plan-and-build.js'
import { needsRoot } from './store-helpers.js'

for (const count of [0, 2, 4])
  test(`${count} finished stages: build does what plan says`, needsRoot(), (t) =>
    saysWhatItDoes(t, count, 'pairs'),
  )
