// Options that say what is done with it: which stages are built again, by whom, what else is told or written.

import { IGNORABLE, type Ignorable } from '../../../compare/ignore.js'
import { COMPRESSIONS } from '../../../sdk/definition.js'
import type { RunnerName } from '../../../stage/plan/plan.js'
import { listOf, oneOf, toPath } from '../values.js'
import type { Option } from './option.js'

const RUNNERS: readonly RunnerName[] = ['native', 'catalyst']
const BUILDS = ['build', 'plan'] as const

export const RUN_OPTIONS = {
  rebuild: {
    initially: false,
    help: 'build finished stages again',
    default: 'off',
    verbs: BUILDS,
    flatcar: true,
    spec: true,
  },
  exact: {
    initially: false,
    help: 'build again what was finished from other trees; =content also reads again what is known by its times',
    levels: ['content'],
    default: 'off',
    verbs: BUILDS,
    flatcar: false,
    spec: true,
  },
  compression: {
    placeholder: 'C',
    help: `compression of the archives: ${COMPRESSIONS.join(', ')}`,
    default: "the definition's",
    parse: oneOf(COMPRESSIONS),
    verbs: BUILDS,
    flatcar: false,
    spec: true,
  },
  runner: {
    placeholder: 'R',
    help: `who runs the stages: ${RUNNERS.join(', ')}`,
    default: 'native',
    initially: 'native',
    parse: oneOf(RUNNERS),
    verbs: ['build', 'plan', 'doctor'],
    flatcar: false,
    spec: 'catalyst takes a spec itself',
  },
  packages: {
    initially: false,
    help: 'ask Portage what each stage would merge',
    default: 'off',
    verbs: ['plan'],
    flatcar: false,
    spec: true,
  },
  write_specs: {
    placeholder: 'DIR',
    help: 'write the spec and configuration files for catalyst here',
    default: 'none',
    parse: toPath,
    verbs: ['plan'],
    flatcar: false,
    spec: 'specs are written from a definition',
  },
  ignore: {
    placeholder: 'KINDS',
    help: `differences that do not count, by commas: ${IGNORABLE.join(', ')}`,
    default: 'none',
    initially: [],
    parse: listOf(oneOf<Ignorable>(IGNORABLE)),
    verbs: ['compare'],
    flatcar: false,
    spec: true,
  },
} as const satisfies Record<string, Option>
