// Options that say what is done with it: which stages are built again, by whom, what else is told or written.

import { IGNORABLE, type Ignorable } from '../../../compare/ignore.js'
import { COMPRESSIONS } from '../../../sdk/definition.js'
import type { RunnerName } from '../../../stage/plan/plan.js'
import { listOf, oneOf, toBind, toPath, toWrittenFile } from '../values.js'
import type { Option } from './option.js'

const RUNNERS: readonly RunnerName[] = ['native', 'catalyst']
const BUILDS = ['build', 'plan'] as const
/** Engines that {@link RUN_OPTIONS.matrix} knows the words of. */
const ENGINES = ['github', 'gitlab', 'buildbot', 'slurm', 'argo'] as const

/** Options that name a file which tells other programs of the run. */
const ACCOUNT = {
  default: 'none',
  parse: toWrittenFile,
  verbs: ['build', 'fetch', 'status'],
  flatcar: false,
  spec: true,
  kept: { not: 'how one call is told' },
} as const

export const RUN_OPTIONS = {
  rebuild: {
    initially: false,
    help: 'build finished stages again',
    manual: 'Build the requested stages again, finished or not.',
    default: 'off',
    verbs: BUILDS,
    flatcar: true,
    spec: true,
    kept: 'task',
  },
  exact: {
    initially: false,
    help: 'build again what was finished from other trees; =content also reads again what is known by its times',
    manual:
      'Build again what was finished from other repos, stage scripts, profile, settings or seed. `--exact=content` also reads everything again that is known by its times: archives, seeds, repos ([what proves what](../ARCHITECTURE.md#what-is-kept-and-what-proves-it)).',
    levels: ['content'],
    default: 'off',
    verbs: BUILDS,
    flatcar: false,
    spec: true,
    kept: 'task',
  },
  compression: {
    placeholder: 'C',
    help: `compression of the archives: ${COMPRESSIONS.join(', ')}`,
    manual:
      'Of the archives: `zstd`, `bz2`, `xz` or `gz`. A stage that is finished in another one counts as finished.',
    default: "the definition's",
    values: COMPRESSIONS,
    parse: oneOf(COMPRESSIONS),
    verbs: BUILDS,
    flatcar: false,
    spec: true,
    kept: 'run',
    isConfigurable: true,
  },
  runner: {
    placeholder: 'R',
    help: `who runs the stages: ${RUNNERS.join(', ')}`,
    manual:
      'Who runs the stages: `native`, or `catalyst`, [the program of Gentoo](catalyst-runner.md), version 4.',
    default: 'native',
    initially: 'native',
    values: RUNNERS,
    parse: oneOf(RUNNERS),
    verbs: ['build', 'plan', 'doctor'],
    flatcar: false,
    spec: 'catalyst takes a spec itself',
    kept: 'run',
    isConfigurable: true,
    per: { doctor: { help: `check what this runner needs, too: ${RUNNERS.join(', ')}` } },
  },
  packages: {
    initially: false,
    help: 'ask Portage what each stage would merge',
    manual: 'Ask Portage what each stage would merge ([how](verbs.md#packages)). Needs root.',
    default: 'off',
    verbs: ['plan'],
    flatcar: false,
    spec: true,
    kept: { not: 'what one plan is to tell' },
  },
  write_specs: {
    placeholder: 'DIR',
    help: 'write the spec and configuration files for catalyst here',
    manual:
      'Write the [spec and configuration files](catalyst.md#writing-specs) with which catalyst would run the stages.',
    default: 'none',
    parse: toPath,
    verbs: ['plan'],
    flatcar: false,
    spec: 'specs are written from a definition',
    kept: { not: 'what one plan is to write' },
  },
  matrix: {
    placeholder: 'ENGINE',
    help: `write the jobs for an engine that drives this program: ${ENGINES.join(', ')}`,
    manual:
      'Write the [jobs](fleet.md) for an engine that drives this program: `github`, `gitlab`, `buildbot`, `slurm` or `argo`.',
    default: 'none',
    values: ENGINES,
    parse: oneOf(ENGINES),
    verbs: ['plan'],
    flatcar: false,
    spec: 'a spec is one stage',
    kept: { not: 'what one plan is to tell' },
  },
  fleet: {
    placeholder: 'FILE',
    help: 'the definitions, profiles and stages that --matrix is about',
    manual:
      'The definitions, architectures, profiles and stages that `--matrix` is about: [a `fleet.toml`](fleet.md).',
    default: 'the SDK and profile of the command',
    parse: toPath,
    verbs: ['plan'],
    flatcar: false,
    spec: 'a fleet names definitions',
    kept: { not: 'what one plan is to tell' },
  },
  trace: {
    placeholder: 'FILE',
    help: 'write the run as a trace: OpenTelemetry, or Chrome where FILE ends with .chrome.json',
    manual:
      'Write [the run as a trace](events.md#traces) when it ends, however it does: in OTLP JSON, or, where the name ends with `.chrome.json` or `.perfetto.json`, as Chrome and Perfetto open it. `status` writes that of the runs that a version has had.',
    ...ACCOUNT,
    per: {
      status: {
        help: 'write the runs of --version as a trace: OpenTelemetry, or Chrome where FILE ends with .chrome.json',
      },
    },
  },
  junit: {
    placeholder: 'FILE',
    help: 'write the stages of the run and their packages as test cases, in JUnit XML',
    manual:
      'Write [the stages of the run and their packages as test cases](events.md#test-cases) when it ends, however it does, in JUnit XML. `status` writes those of the last run.',
    ...ACCOUNT,
    per: {
      status: {
        help: 'write the stages of the last run of --version and their packages as test cases, in JUnit XML',
      },
    },
  },
  tap: {
    placeholder: 'FILE',
    help: 'the same as --junit, as TAP',
    manual: 'The same in the Test Anything Protocol, version 14.',
    ...ACCOUNT,
  },
  bundle: {
    placeholder: 'FILE',
    help: 'write all logs of the version when the run ends, also after a failure',
    manual:
      'Write [what collect-logs gathers](verbs.md#collect-logs) when the run ends, however it does, over a file of that name: `.tar.zst`, `.tar.xz`, `.tar.bz2` or `.tar.gz`.',
    ...ACCOUNT,
    verbs: ['build'],
  },
  ignore: {
    placeholder: 'KINDS',
    help: `differences that do not count, by commas: ${IGNORABLE.join(', ')}`,
    manual: '[Differences](verbs.md#compare) that do not count and are not told.',
    default: 'none',
    initially: [],
    values: IGNORABLE,
    parse: listOf(oneOf<Ignorable>(IGNORABLE)),
    verbs: ['compare'],
    flatcar: false,
    spec: true,
    kept: { not: 'of compare alone' },
  },
  bind: {
    placeholder: 'HOST:INSIDE[:ro]',
    help: 'show a file or folder of this machine inside; may be given several times',
    default: 'none',
    parse: toBind,
    repeatable: true,
    verbs: ['enter'],
    flatcar: false,
    spec: true,
    kept: { not: 'of one shell' },
  },
  network: {
    initially: false,
    help: "share this machine's network",
    manual: "Share this machine's network, and its `/etc/resolv.conf`.",
    default: 'off',
    verbs: ['enter'],
    flatcar: false,
    spec: true,
    kept: { not: 'of one shell' },
  },
} as const satisfies Record<string, Option>
