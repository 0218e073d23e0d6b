// Who gives seeds and binary packages to a store, or takes them, is killed in the middle: stages, in store-stages.

import { test } from 'node:test'
import { NO_REGISTRY } from '../helpers/registry-server.js'
import { killRounds } from '../helpers/store-kills.js'

const ROUNDS = 10

for (const [what, kind] of [
  ['seeds', 'shared-seed'],
  ['binary packages', 'packages-machine'],
] as const)
  test(
    `${ROUNDS} pushes and ${ROUNDS} pulls of ${what} are killed: what is found is whole, and the next is right`,
    {
      skip: NO_REGISTRY,
    },
    (t) => killRounds(t, kind, ROUNDS),
  )
