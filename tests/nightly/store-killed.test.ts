// Who gives seeds and binary packages to a store, takes them, or removes what is old, is killed in the middle: stages, in store-stages.

import { test } from 'node:test'
import { killGc } from '../helpers/gc-kills.js'
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

test(
  `gc is killed ${ROUNDS} times beside writers: what is left is whole or gone, and the next one finishes it`,
  {
    skip: NO_REGISTRY,
  },
  (t) => killGc(t, ROUNDS),
)
