// Finds the option that a name on the command line means: whole names, their unambiguous beginnings, negated booleans.

import { SdkError } from '../../errors.js'
import { FLAG_OPTIONS, isFlagName, isValueName, type OptionName, VALUE_OPTIONS } from './option-table.js'

/** The option that is meant, and whether it is negated. */
export interface Meant {
  readonly name: OptionName
  readonly negated: boolean
}

const NAMES = [...Object.keys(VALUE_OPTIONS), ...Object.keys(FLAG_OPTIONS)] as OptionName[]

/**
 * Flatcar's options. A beginning that is unambiguous among them means the same here as there, whatever options this
 * command has besides (`--ver` is `--version`, though there is `--version_info`).
 */
const FLATCAR: readonly OptionName[] = [
  'catalyst_root',
  'portage_stable',
  'coreos_overlay',
  'seed_tarball',
  'version',
  'profile',
  'rebuild',
  'debug',
  'stage1_portage_path',
  'stage1_overlay_path',
  'upload',
  'upload_root',
  'upload_path',
  'parallel',
  'private',
  'download_root',
  'download_path',
  'sign',
  'sign_digests',
  'image_compression_formats',
  'only_store_compressed',
  'help',
]

/**
 * @param written the name after `--`, with dashes or underscores
 * @returns undefined when nothing begins like that
 * @throws SdkError SDK_USAGE when several options begin like that
 */
export function meantOption(written: string): Meant | undefined {
  const name = written.replaceAll('-', '_')
  const rest = /^no_?(.+)$/.exec(name)?.[1]
  if (isValueName(name) || isFlagName(name)) return { name, negated: false }
  if (rest !== undefined && isFlagName(rest)) return { name: rest, negated: true }
  const found = [
    ...beginnings(name).map((each) => ({ name: each, negated: false })),
    ...(rest === undefined ? [] : beginnings(rest).filter(isFlagName)).map((each) => ({
      name: each,
      negated: true,
    })),
  ]
  const theirs = found.filter((each) => FLATCAR.includes(each.name))
  const [first, ...more] = theirs.length > 0 ? theirs : found
  if (more.length === 0) return first
  throw ambiguous(written, found)
}

const beginnings = (name: string): OptionName[] =>
  name === '' ? [] : NAMES.filter((each) => each.startsWith(name))

function ambiguous(written: string, found: readonly Meant[]): SdkError {
  const names = found.map(({ name, negated }) => `--${negated ? 'no' : ''}${name}`)
  return new SdkError('SDK_USAGE', `--${written} is ambiguous: ${names.join(', ')}`, {
    hint: 'write more of the name',
  })
}
