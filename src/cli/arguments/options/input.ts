// Options that say what a run is made from: trees, seed, sources, spec.

import { toJobs, toMirror, toPath, toProfile } from '../values.js'
import type { Option } from './option.js'

const NAMED_BY_SPEC = 'the spec and its conf name the repos'

const TREES = ['build', 'fetch', 'plan', 'enter'] as const
const RUNS = ['build', 'fetch', 'plan'] as const

export const INPUT_OPTIONS = {
  portage_stable: {
    placeholder: 'DIR',
    help: 'tree of the main repo, for the stages that use the checkout',
    default: "the definition's",
    parse: toPath,
    verbs: TREES,
    flatcar: true,
    spec: NAMED_BY_SPEC,
  },
  coreos_overlay: {
    placeholder: 'DIR',
    help: 'tree of the overlay, for the stages that use the checkout',
    default: "the definition's",
    parse: toPath,
    verbs: TREES,
    flatcar: true,
    spec: NAMED_BY_SPEC,
  },
  profile: {
    placeholder: 'P',
    help: 'Portage profile, [repo:]path',
    default: "the definition's",
    parse: toProfile,
    verbs: TREES,
    flatcar: true,
    spec: true,
  },
  seed_tarball: {
    placeholder: 'FILE',
    help: 'start from this SDK, in any compression',
    default: 'the SDK that the command runs in, or what the definition names',
    parse: toPath,
    verbs: RUNS,
    flatcar: true,
    spec: true,
  },
  stage1_portage_path: {
    placeholder: 'DIR',
    help: "tree of the main repo for stage 1, instead of the seed's own",
    default: "the seed's",
    parse: toPath,
    emptyIsNone: true,
    verbs: RUNS,
    flatcar: true,
    spec: NAMED_BY_SPEC,
  },
  stage1_overlay_path: {
    placeholder: 'DIR',
    help: "tree of the overlay for stage 1, instead of the seed's own",
    default: "the seed's",
    parse: toPath,
    emptyIsNone: true,
    verbs: RUNS,
    flatcar: true,
    spec: NAMED_BY_SPEC,
  },
  jobs: {
    placeholder: 'N',
    help: 'processes at once',
    default: 'NUM_JOBS, or the number of CPUs',
    parse: toJobs,
    verbs: RUNS,
    flatcar: false,
    spec: true,
    variables: { NUM_JOBS: 'default of --jobs' },
  },
  mirror: {
    placeholder: 'NAME=URL',
    help: 'where mirror://NAME/ is; may be given several times',
    default: "the host's own package configuration",
    parse: toMirror,
    repeatable: true,
    verbs: RUNS,
    flatcar: false,
    spec: true,
    variables: { GENTOO_MIRRORS: 'where sources are looked for, after --mirror' },
  },
  host_setup: {
    initially: true,
    help: 'do not install missing tools on this machine',
    default: 'install them',
    verbs: RUNS,
    flatcar: false,
    spec: true,
  },
  file: {
    placeholder: 'SPEC',
    help: 'run one stage as this spec file of catalyst says',
    default: 'none',
    short: '-f',
    parse: toPath,
    verbs: TREES,
    flatcar: false,
    spec: true,
  },
  config: {
    placeholder: 'CONF',
    help: 'the catalyst.conf for --file',
    default: "/etc/catalyst/catalyst.conf, or catalyst's own defaults",
    short: '-c',
    parse: toPath,
    verbs: TREES,
    flatcar: false,
    spec: true,
  },
} as const satisfies Record<string, Option>
