// Options of nearly every verb: what it is about, where that is, and how it is told.

import { parseVersion } from '../../../sdk/version.js'
import { toPath } from '../values.js'
import { VERB_NAMES } from '../verbs.js'
import type { Option } from './option.js'

/** The definition that is built when none is named; the only place that says so. */
export const DEFAULT_SDK = 'embedded'

/** Where everything is built when no other place is named. */
export const DEFAULT_ROOT = './build/catalyst'

export const PLACE_OPTIONS = {
  version: {
    placeholder: 'V',
    help: 'version of the SDK, ID[+BUILD_ID]; with that of an aborted build, goes on with it',
    default: "the definition's ID, + and the start time YYYY-MM-DD-HHMM",
    parse: parseVersion,
    valueHint: '--version is the version of the SDK; the version of this program is --version_info or -V',
    verbs: ['build', 'fetch', 'plan', 'status', 'enter', 'verify'],
    flatcar: true,
    spec: true,
    variables: {
      FLATCAR_BUILD_ID: 'build id of a new version',
      COREOS_OFFICIAL: '1: a new version is the bare ID',
    },
  },
  catalyst_root: {
    placeholder: 'DIR',
    help: 'build below this folder',
    default: DEFAULT_ROOT,
    parse: toPath,
    verbs: VERB_NAMES,
    flatcar: true,
    spec: true,
  },
  sdk: {
    placeholder: 'NAME|DIR',
    help: 'SDK definition: a name below sdks/ or a folder',
    default: DEFAULT_SDK,
    parse: toPath,
    verbs: VERB_NAMES,
    flatcar: false,
    spec: 'a spec stands in place of a definition',
  },
  scripts: {
    placeholder: 'DIR',
    help: 'checkout that the definition takes its repos and version from',
    default: 'none',
    parse: toPath,
    verbs: VERB_NAMES,
    flatcar: false,
    spec: 'a spec stands in place of a definition',
  },
  json: {
    initially: false,
    help: 'write one JSON object a line',
    default: 'off',
    verbs: VERB_NAMES,
    flatcar: false,
    spec: true,
  },
  debug: {
    initially: false,
    help: 'show all that the tools say',
    default: 'off',
    verbs: VERB_NAMES,
    flatcar: true,
    spec: true,
  },
} as const satisfies Record<string, Option>
