// Options of nearly every verb: what it is about, where that is, and how it is told.

import { parseVersion } from '../../../sdk/version.js'
import { toPath } from '../values.js'
import { SDK_VERBS } from '../verbs.js'
import { type Option, perVerb } from './option.js'

/** The definition that is built when none is named; the only place that says so. */
export const DEFAULT_SDK = 'embedded'

/** Where everything is built when no other place is named. */
export const DEFAULT_ROOT = './build/catalyst'

/** Verbs that make nothing below the catalyst root but what can be made again. */
const LOOKS = SDK_VERBS.filter((verb) => !['build', 'fetch', 'plan'].includes(verb))

export const PLACE_OPTIONS = {
  version: {
    placeholder: 'V',
    help: 'version of the SDK, ID[+BUILD_ID]; with that of an aborted build, goes on with it',
    manual:
      'The version of the SDK ([grammar](#versions)). That of an aborted build goes on with it. `status`, `log`, `why`, `collect-logs`, `report`, `serve` and `verify` then look at this one, `enter` enters it. `fetch` [has one of its own](#offline).',
    default: "the definition's ID, + and the start time YYYY-MM-DD-HHMM",
    parse: parseVersion,
    valueHint: '--version is the version of the SDK; the version of this program is --version_info or -V',
    verbs: [
      'build',
      'fetch',
      'plan',
      'status',
      'log',
      'why',
      'collect-logs',
      'report',
      'serve',
      'enter',
      'export',
      'verify',
      'store',
    ],
    flatcar: true,
    spec: true,
    kept: { not: 'it is what the others are kept for' },
    variables: {
      FLATCAR_BUILD_ID: 'build id of a new version',
      COREOS_OFFICIAL: '1: a new version is the bare ID',
    },
    per: {
      ...perVerb(LOOKS, { help: 'the version that this is about', default: 'the newest', variables: {} }),
      fetch: {
        help: 'get what the run of this version was to be made of; the version of the fetch itself is ID+fetch',
        default: 'none',
        variables: {},
      },
      status: { help: 'only this version', default: 'all', variables: {} },
      store: { help: 'push: the version whose stages are put there', default: 'the newest', variables: {} },
    },
  },
  catalyst_root: {
    placeholder: 'DIR',
    help: 'build below this folder',
    manual:
      "Everything is made below this folder. It may not be `/`. With `--file` the default is [the conf's](catalyst.md#keys-of-the-conf).",
    default: DEFAULT_ROOT,
    parse: toPath,
    verbs: SDK_VERBS,
    flatcar: true,
    spec: true,
    kept: { not: 'where it is kept' },
    per: perVerb(LOOKS, { help: 'the folder that builds are below' }),
    isConfigurable: true,
  },
  sdk: {
    placeholder: 'NAME|DIR',
    help: 'SDK definition: a name below sdks/ or a folder',
    manual: 'The definition: a name below `sdks/`, or a folder with an `sdk.toml`.',
    default: DEFAULT_SDK,
    parse: toPath,
    verbs: [...SDK_VERBS, 'init'],
    flatcar: false,
    spec: 'a spec stands in place of a definition',
    kept: 'basis',
    isConfigurable: true,
    per: { init: { help: 'the definition that the new one extends: a name below sdks/ or a folder' } },
  },
  scripts: {
    placeholder: 'DIR',
    help: 'checkout that the definition takes its repos and version from',
    manual:
      'The checkout that a definition with `{scripts}` in its paths takes its repos and its version file from.',
    default: 'none',
    parse: toPath,
    verbs: SDK_VERBS,
    flatcar: false,
    spec: 'a spec stands in place of a definition',
    kept: 'basis',
    isConfigurable: true,
  },
  json: {
    initially: false,
    help: 'write one JSON object in place of text',
    manual:
      'JSON on standard output: events one a line ([events.md](events.md)) for `build` and `fetch`, one object for the others; of `enter` only an error.',
    default: 'off',
    verbs: SDK_VERBS,
    flatcar: false,
    spec: true,
    kept: { not: 'how one call is told' },
    per: {
      ...perVerb(['build', 'fetch'], { help: 'write events as JSON, one object a line' }),
      enter: { help: 'write an error as JSON' },
    },
  },
  debug: {
    initially: false,
    help: 'show all that the tools say',
    manual: 'Every line that the tools write, catalyst with its own `--debug`; with an error its stack.',
    default: 'off',
    verbs: SDK_VERBS,
    flatcar: true,
    spec: true,
    kept: { not: 'how one call is told' },
  },
} as const satisfies Record<string, Option>
