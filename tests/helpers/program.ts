// The program as its users start it: the bundle of `npm run build`, which starts in half the time of the compiled sources.

import path from 'node:path'

/** The project, from dist/tests/helpers. */
export const PROJECT = path.resolve(import.meta.dirname, '../../..')

/** The program. `./run_tests` builds it anew where sources have changed. */
export const MAIN = path.join(PROJECT, 'lib/cli/main.js')
