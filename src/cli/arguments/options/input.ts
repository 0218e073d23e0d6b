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
    manual:
      "Tree of the main repo, for stages 2 to 4, and for stage 1 if the definition lets it use the checkout's (`stage1.repos`).",
    default: "the definition's",
    parse: toPath,
    verbs: TREES,
    flatcar: true,
    spec: NAMED_BY_SPEC,
    kept: 'basis',
  },
  coreos_overlay: {
    placeholder: 'DIR',
    help: 'tree of the overlay, for the stages that use the checkout',
    manual: 'The same for the first other repo.',
    default: "the definition's",
    parse: toPath,
    verbs: TREES,
    flatcar: true,
    spec: NAMED_BY_SPEC,
    kept: 'basis',
  },
  profile: {
    placeholder: 'P',
    help: 'Portage profile, [repo:]path',
    manual:
      'Portage profile, `repo:path`, or `path` in the main repo. It also decides what is [carried](#carried-packages).',
    default: "the definition's",
    parse: toProfile,
    verbs: TREES,
    flatcar: true,
    spec: true,
    kept: 'basis',
  },
  seed_tarball: {
    placeholder: 'FILE',
    help: 'start from this SDK, in any compression',
    manual:
      'Start from this SDK: zstd, bzip2, xz, gzip or plain tar, told by its first bytes; `oci:DIR` or `oci:DIR:TAG` is an [image](verbs.md#export) of one layer.',
    default: 'the SDK that the command runs in, or what the definition names',
    parse: toPath,
    verbs: RUNS,
    flatcar: true,
    spec: true,
    kept: 'basis',
  },
  stage1_portage_path: {
    placeholder: 'DIR',
    help: "tree of the main repo for stage 1, instead of the seed's own",
    manual:
      'Tree of the main repo for stage 1, instead of the one inside the seed. The seed is then updated first.',
    default: "the seed's",
    parse: toPath,
    emptyIsNone: true,
    verbs: RUNS,
    flatcar: true,
    spec: NAMED_BY_SPEC,
    kept: 'basis',
  },
  stage1_overlay_path: {
    placeholder: 'DIR',
    help: "tree of the overlay for stage 1, instead of the seed's own",
    manual: 'The same for the first other repo.',
    default: "the seed's",
    parse: toPath,
    emptyIsNone: true,
    verbs: RUNS,
    flatcar: true,
    spec: NAMED_BY_SPEC,
    kept: 'basis',
  },
  jobs: {
    placeholder: 'N',
    help: 'processes at once',
    manual:
      'Packages, and processes of one make, at once: 1 to 9999. No new ones are started while the load is above twice that.',
    default: 'NUM_JOBS, or the number of CPUs',
    parse: toJobs,
    verbs: RUNS,
    flatcar: false,
    spec: true,
    kept: 'run',
    variables: { NUM_JOBS: 'default of --jobs' },
  },
  mirror: {
    placeholder: 'NAME=URL',
    help: 'where mirror://NAME/ is; may be given several times',
    manual: 'Where `mirror://NAME/` is (http, https or file). May be given several times.',
    default: "the host's own package configuration",
    parse: toMirror,
    repeatable: true,
    verbs: RUNS,
    flatcar: false,
    spec: true,
    kept: 'run',
    variables: { GENTOO_MIRRORS: 'where sources are looked for, after --mirror' },
  },
  host_setup: {
    initially: true,
    help: 'do not install missing tools on this machine',
    manual: 'Do not install missing tools on this machine; list them and end with 3.',
    default: 'install them',
    verbs: RUNS,
    flatcar: false,
    spec: true,
    kept: 'run',
  },
  file: {
    placeholder: 'SPEC',
    help: 'run one stage as this spec file of catalyst says',
    manual: 'Run one stage, as this [spec file of catalyst](catalyst.md) says.',
    default: 'none',
    short: '-f',
    parse: toPath,
    verbs: TREES,
    flatcar: false,
    spec: true,
    kept: 'basis',
  },
  config: {
    placeholder: 'CONF',
    help: 'the catalyst.conf for --file',
    manual: 'The `catalyst.conf` for `--file`.',
    default: "/etc/catalyst/catalyst.conf, or catalyst's own defaults",
    short: '-c',
    parse: toPath,
    verbs: TREES,
    flatcar: false,
    spec: true,
    kept: 'basis',
  },
} as const satisfies Record<string, Option>
