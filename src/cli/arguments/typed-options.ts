// From the texts that the parser leaves to the typed options of an invocation.

import { parseVersion } from '../../sdk/version.js'
import type { Options } from '../invocation.js'
import { DEFAULT_ROOT, DEFAULT_SDK, type FlagName, type ValueName } from './option-table.js'
import {
  toCompression,
  toIgnorable,
  toJobs,
  toKey,
  toMirror,
  toPath,
  toProfile,
  toRunner,
  toText,
} from './values.js'

/** What the parser leaves behind, by option. Empty is not given: other empty values do not come this far (dashes.ts). */
export type Given = Partial<Record<Exclude<ValueName, 'mirror'>, string>> &
  Record<FlagName, boolean> & { mirror: string[] }

/** @throws SdkError SDK_USAGE for a value that is none */
export function toOptions(given: Given): Options {
  return {
    ...placeOptions(given),
    ...publishOptions(given),
    version: given.version === undefined ? undefined : parseVersion(given.version),
    profile: given.profile === undefined ? undefined : toProfile(given.profile),
    compression: given.compression === undefined ? undefined : toCompression(given.compression),
    jobs: given.jobs === undefined ? undefined : toJobs(given.jobs),
    mirrors: given.mirror.map(toMirror),
    ignore: (given.ignore ?? '')
      .split(',')
      .filter((word) => word !== '')
      .map(toIgnorable),
    runner: toRunner(given.runner ?? 'native'),
    rebuild: given.rebuild,
    exact: given.exact,
    packages: given.packages,
    debug: given.debug,
    json: given.json,
    hostSetup: given.host_setup,
  }
}

type PlaceKey =
  | 'catalystRoot'
  | 'portageStable'
  | 'coreosOverlay'
  | 'seedTarball'
  | 'scripts'
  | 'stage1PortagePath'
  | 'stage1OverlayPath'
  | 'sdk'
  | 'writeSpecs'
  | 'specFile'
  | 'confFile'

function placeOptions(given: Given): Pick<Options, PlaceKey> {
  const path = (name: Exclude<ValueName, 'mirror'>): string | undefined => {
    const text = given[name] ?? ''
    return text === '' ? undefined : toPath(name, text)
  }
  return {
    catalystRoot: path('catalyst_root') ?? DEFAULT_ROOT,
    portageStable: path('portage_stable'),
    coreosOverlay: path('coreos_overlay'),
    seedTarball: path('seed_tarball'),
    scripts: path('scripts'),
    stage1PortagePath: path('stage1_portage_path'),
    stage1OverlayPath: path('stage1_overlay_path'),
    sdk: path('sdk') ?? DEFAULT_SDK,
    writeSpecs: path('write_specs'),
    specFile: path('file'),
    confFile: path('config'),
  }
}

type PublishKey = 'upload' | 'uploadRoot' | 'uploadPath' | 'sign' | 'signDigests'

/** Addresses are looked at when they are used. */
function publishOptions(given: Given): Pick<Options, PublishKey> {
  const text = (name: Exclude<ValueName, 'mirror'>): string | undefined => {
    const value = given[name] ?? ''
    return value === '' ? undefined : toText(name, value)
  }
  const key = (name: 'sign' | 'sign_digests'): string | undefined => {
    const value = given[name] ?? ''
    return value === '' ? undefined : toKey(name, value)
  }
  return {
    upload: given.upload,
    uploadRoot: text('upload_root'),
    uploadPath: text('upload_path'),
    sign: key('sign'),
    signDigests: key('sign_digests'),
  }
}
