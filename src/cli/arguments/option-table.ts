// The options of the command as data. Names have underscores, as Flatcar writes them; dashes.ts takes both.

import { IGNORABLE } from '../../compare/ignore.js'
import { COMPRESSIONS } from '../../sdk/definition.js'

interface Described {
  /** One sentence for the help, without the default. */
  readonly help: string
  /** The default in words. */
  readonly default?: string
}

/** The definition that is built when none is named; the only place that says so. */
export const DEFAULT_SDK = 'embedded'

/** Where everything is built when no other place is named. */
export const DEFAULT_ROOT = './build/catalyst'

/** An option with a value, `placeholder` in the help. */
export interface ValueOption extends Described {
  readonly placeholder: string
  readonly repeatable?: true
  /** An empty value means that it is not given: Flatcar's callers pass on variables, empty or not. */
  readonly emptyIsNone?: true
}

/** A boolean: `--name` and `--noname`. */
export interface FlagOption extends Described {
  readonly initially: boolean
}

/** Options with a value. The last occurrence wins, but for repeatable ones. */
export const VALUE_OPTIONS = {
  catalyst_root: {
    placeholder: 'DIR',
    help: 'build below this folder',
    default: DEFAULT_ROOT,
  },
  portage_stable: {
    placeholder: 'DIR',
    help: 'tree of the main repo, for the stages that use the checkout',
    default: "the definition's",
  },
  coreos_overlay: {
    placeholder: 'DIR',
    help: 'tree of the overlay, for the stages that use the checkout',
    default: "the definition's",
  },
  seed_tarball: {
    placeholder: 'FILE',
    help: 'start from this SDK, in any compression',
    default: 'the SDK that the command runs in, or what the definition names',
  },
  version: {
    placeholder: 'V',
    help: 'version of the SDK, ID[+BUILD_ID]; with that of an aborted build, goes on with it',
    default: "the definition's ID, + and the start time YYYY-MM-DD-HHMM",
  },
  profile: { placeholder: 'P', help: 'Portage profile, [repo:]path', default: "the definition's" },
  sdk: {
    placeholder: 'NAME|DIR',
    help: 'SDK definition: a name below sdks/ or a folder',
    default: DEFAULT_SDK,
  },
  compression: {
    placeholder: 'C',
    help: `compression of the archives: ${COMPRESSIONS.join(', ')}`,
    default: "the definition's",
  },
  jobs: {
    placeholder: 'N',
    help: 'processes at once',
    default: 'NUM_JOBS, or the number of CPUs',
  },
  mirror: {
    placeholder: 'NAME=URL',
    help: 'where mirror://NAME/ is; may be given several times',
    default: "the host's own package configuration",
    repeatable: true,
  },
  ignore: {
    placeholder: 'KINDS',
    help: `differences that do not count, by commas: ${IGNORABLE.join(', ')}`,
    default: 'none',
  },
  runner: {
    placeholder: 'R',
    help: 'who runs the stages: native, catalyst',
    default: 'native',
  },
  scripts: {
    placeholder: 'DIR',
    help: 'checkout that the definition takes its repos and version from',
    default: 'none',
  },
  stage1_portage_path: {
    placeholder: 'DIR',
    help: "tree of the main repo for stage 1, instead of the seed's own",
    default: "the seed's",
    emptyIsNone: true,
  },
  stage1_overlay_path: {
    placeholder: 'DIR',
    help: "tree of the overlay for stage 1, instead of the seed's own",
    default: "the seed's",
    emptyIsNone: true,
  },
  write_specs: {
    placeholder: 'DIR',
    help: 'write the spec and configuration files for catalyst here',
    default: 'none',
  },
  file: { placeholder: 'SPEC', help: 'run one stage as this spec file of catalyst says', default: 'none' },
  config: {
    placeholder: 'CONF',
    help: 'the catalyst.conf for --file',
    default: "/etc/catalyst/catalyst.conf, or catalyst's own defaults",
  },
  upload_root: {
    placeholder: 'URL',
    help: 'where to upload: sdk/ARCH/VERSION below this rsync:// or file:// address',
    default: 'FLATCAR_UPLOAD_ROOT',
    emptyIsNone: true,
  },
  upload_path: {
    placeholder: 'URL',
    help: 'upload to this very address, whatever the upload root',
    default: 'below the upload root',
    emptyIsNone: true,
  },
  sign: {
    placeholder: 'KEY',
    help: 'sign each published file with this GPG key (.sig)',
    default: 'none',
    emptyIsNone: true,
  },
  sign_digests: {
    placeholder: 'KEY',
    help: 'sign the DIGESTS of the release with this GPG key (.asc)',
    default: 'none',
    emptyIsNone: true,
  },
  download_root: {
    placeholder: 'URL',
    help: "no effect; for Flatcar's callers",
    default: 'none',
    emptyIsNone: true,
  },
  download_path: {
    placeholder: 'URL',
    help: "no effect; for Flatcar's callers",
    default: 'none',
    emptyIsNone: true,
  },
  image_compression_formats: {
    placeholder: 'LIST',
    help: "no effect, as there are no images; for Flatcar's callers",
    default: 'none',
  },
} as const satisfies Record<string, ValueOption>

/** Booleans. The last occurrence wins. */
export const FLAG_OPTIONS = {
  rebuild: { initially: false, help: 'build finished stages again', default: 'off' },
  exact: { initially: false, help: 'build again what was finished from other trees', default: 'off' },
  debug: { initially: false, help: 'show all that the tools say', default: 'off' },
  json: { initially: false, help: 'write one JSON object a line', default: 'off' },
  host_setup: {
    initially: true,
    help: 'do not install missing tools on this machine',
    default: 'install them',
  },
  packages: { initially: false, help: 'ask Portage what each stage would merge', default: 'off' },
  upload: { initially: false, help: 'upload the release and its binary packages', default: 'off' },
  parallel: { initially: true, help: "no effect; for Flatcar's callers", default: 'on' },
  private: { initially: true, help: "no effect; for Flatcar's callers", default: 'on' },
  only_store_compressed: { initially: true, help: "no effect; for Flatcar's callers", default: 'on' },
  help: { initially: false, help: 'show this text' },
  version_info: { initially: false, help: 'show the version of this program' },
} as const satisfies Record<string, FlagOption>

/** Short forms, by name. */
export const SHORT_FORMS: Readonly<Record<string, string>> = {
  help: '-h',
  version_info: '-V',
  file: '-f',
  config: '-c',
}

/** Name of an option with a value. */
export type ValueName = keyof typeof VALUE_OPTIONS

/** Name of a boolean. */
export type FlagName = keyof typeof FLAG_OPTIONS

/** Name of any option. */
export type OptionName = ValueName | FlagName

/** Whether `name` is an option with a value. */
export const isValueName = (name: string): name is ValueName => Object.hasOwn(VALUE_OPTIONS, name)

/** Whether `name` is a boolean. */
export const isFlagName = (name: string): name is FlagName => Object.hasOwn(FLAG_OPTIONS, name)

/** How an option is shown: the form that changes something. */
export function optionFlags(name: OptionName): string {
  const short = SHORT_FORMS[name] === undefined ? '' : `${SHORT_FORMS[name]}, `
  if (isValueName(name)) return `${short}--${name} <${VALUE_OPTIONS[name].placeholder}>`
  return FLAG_OPTIONS[name].initially ? `${short}--no_${name}` : `${short}--${name}`
}
