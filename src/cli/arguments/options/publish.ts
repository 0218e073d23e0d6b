// Options of publishing: where the release goes and who signs it. Addresses are looked at when they are used.

import { toKey, toOwner, toPath, toText } from '../values.js'
import type { Option } from './option.js'

const NO_RELEASE = 'a spec makes a stage, and no release'

const BUILDS = ['build', 'plan'] as const

/** What Flatcar's callers give, and this command has no use for. */
const WITHOUT_EFFECT = {
  help: "no effect; for Flatcar's callers",
  verbs: BUILDS,
  flatcar: true,
  spec: true,
  kept: { not: 'no effect' },
  isPassedOn: false,
} as const

export const PUBLISH_OPTIONS = {
  upload: {
    initially: false,
    help: 'upload the release and its binary packages',
    manual: '[Upload](#publishing) the release and its binary packages.',
    default: 'off',
    verbs: BUILDS,
    flatcar: true,
    spec: NO_RELEASE,
    kept: 'task',
  },
  upload_root: {
    placeholder: 'URL',
    help: 'where to upload: sdk/ARCH/VERSION below this rsync://, s3://, gs://, azblob:// or file:// address',
    manual: 'Upload to `sdk/ARCH/VERSION` below this address.',
    default: 'FLATCAR_UPLOAD_ROOT',
    parse: toText,
    emptyIsNone: true,
    verbs: BUILDS,
    flatcar: true,
    spec: true,
    kept: 'task',
    isConfigurable: true,
    instead: 'upload_path',
    variables: { FLATCAR_UPLOAD_ROOT: 'default of --upload_root' },
  },
  upload_path: {
    placeholder: 'URL',
    help: 'upload to this very address, whatever the upload root',
    manual: 'Upload to this very address.',
    default: 'below the upload root',
    parse: toText,
    emptyIsNone: true,
    verbs: BUILDS,
    flatcar: true,
    spec: true,
    kept: 'task',
    instead: 'upload_root',
  },
  sign: {
    placeholder: 'KEY',
    help: 'sign each published file with this GPG key (.sig)',
    manual: '[Sign](#publishing) every published file with this GPG key.',
    default: 'none',
    parse: toKey,
    emptyIsNone: true,
    verbs: BUILDS,
    flatcar: true,
    spec: NO_RELEASE,
    kept: 'task',
    isConfigurable: true,
  },
  sign_digests: {
    placeholder: 'KEY',
    help: 'sign the DIGESTS of the release with this GPG key (.asc)',
    manual: "Sign the release's DIGESTS with this GPG key.",
    default: 'none',
    parse: toKey,
    emptyIsNone: true,
    verbs: BUILDS,
    flatcar: true,
    spec: NO_RELEASE,
    kept: 'task',
    isConfigurable: true,
  },
  output: {
    placeholder: 'DIR',
    help: 'put what is published, and the report, into this folder, too',
    manual:
      'Put [what is published, and the report](#output-folder), into this folder, once all of it is there.',
    default: 'none',
    parse: toPath,
    verbs: BUILDS,
    flatcar: false,
    spec: NO_RELEASE,
    kept: 'task',
  },
  output_owner: {
    placeholder: 'USER:GROUP',
    help: 'who owns the folder of --output and all in it',
    manual: 'Who owns the folder of `--output` and all in it, by names or numbers.',
    default: 'who called sudo, else root',
    parse: toOwner,
    verbs: BUILDS,
    flatcar: false,
    spec: NO_RELEASE,
    kept: 'task',
  },
  parallel: { ...WITHOUT_EFFECT, initially: true, default: 'on' },
  private: { ...WITHOUT_EFFECT, initially: true, default: 'on' },
  download_root: {
    ...WITHOUT_EFFECT,
    ...{ placeholder: 'URL', default: 'none', parse: toText, emptyIsNone: true },
  },
  download_path: {
    ...WITHOUT_EFFECT,
    ...{ placeholder: 'URL', default: 'none', parse: toText, emptyIsNone: true },
  },
  image_compression_formats: {
    ...WITHOUT_EFFECT,
    help: "no effect, as there are no images; for Flatcar's callers",
    manual: 'No effect: there are no disk images.',
    ...{ placeholder: 'LIST', default: 'none', parse: toText },
  },
  only_store_compressed: { ...WITHOUT_EFFECT, initially: true, default: 'on' },
} as const satisfies Record<string, Option>
